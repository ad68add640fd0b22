import { escapeHtml, htmlPage } from './html.ts';

/** Where everything that is not an order's or a service's own can be found. */
export const homeLinks = {
  documentation: '/docs',
  errors: '/docs/errors',
  openapi: '/openapi.json',
  deadLetters: '/v1/dead-letters',
  health: '/healthz',
  readiness: '/readyz',
  metrics: '/metrics',
  logVerification: '/ops/log/verify',
} as const;

export function homePage(title: string): string {
  const links = Object.values(homeLinks).map((path) => `<li><a href="${path}">${path}</a></li>`);
  return htmlPage(title, `<h1>${escapeHtml(title)}</h1>\n<ul>\n${links.join('\n')}\n</ul>`);
}
