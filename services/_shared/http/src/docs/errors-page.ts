import type { ErrorCodes } from '../error-codes.ts';
import { escapeHtml, htmlPage, richText } from './html.ts';

/** One line per error code, each with its code as the anchor that a problem's `type` points to. */
export function errorsPage(title: string, errorCodes: ErrorCodes): string {
  const rows = Object.entries(errorCodes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, entry]) =>
        `<tr id="${escapeHtml(code)}"><td><code>${escapeHtml(code)}</code></td><td>${entry.status}</td>` +
        `<td><strong>${escapeHtml(entry.title)}.</strong> ${richText(entry.explanation)}</td></tr>`,
    );
  return htmlPage(
    `Error codes - ${title}`,
    `<h1>Error codes</h1>
<p>Every error is an RFC 9457 problem. Programs compare its <code>code</code>; the texts may change.</p>
<table>
<thead><tr><th>Code</th><th>Status</th><th>Meaning</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`,
  );
}
