import { escapeHtml, htmlPage } from './html.ts';

/** Where everything that is not an order's or a service's own can be found. */
export const homeLinks = {
  documentation: '/docs',
  errors: '/docs/errors',
  openapi: '/openapi.json',
  asyncapi: '/asyncapi.json',
  deadLetters: '/v1/dead-letters',
} as const;

export const operationsLinks = {
  health: '/healthz',
  readiness: '/readyz',
  metrics: '/metrics',
  logVerification: '/ops/log/verify',
} as const;

type LinkName = keyof typeof homeLinks | keyof typeof operationsLinks;

const purposes: Readonly<Record<LinkName, string>> = {
  documentation: 'The API, to read and to try.',
  errors: 'Every error code, and what to do about it.',
  openapi: 'The API as an OpenAPI 3.1 document.',
  asyncapi: 'The messages that are sent and received, as an AsyncAPI 3.1 document.',
  deadLetters: 'Messages that could not be handled.',
  health: 'Whether the process turns.',
  readiness: 'Whether it takes work, and what is missing.',
  metrics: 'For Prometheus.',
  logVerification: 'Replays every log against what it shows. Reads everything: takes a while.',
};

export function homePage(title: string, links: Readonly<Partial<Record<LinkName, string>>>): string {
  const lines = (Object.keys(links) as LinkName[]).map(
    (name) => `<dt><a href="${links[name]}">${links[name]}</a></dt><dd>${purposes[name]}</dd>`,
  );
  return htmlPage(title, `<h1>${escapeHtml(title)}</h1>\n<dl>\n${lines.join('\n')}\n</dl>`);
}
