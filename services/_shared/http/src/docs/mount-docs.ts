import type { ApiApp } from '../api-app.ts';
import type { ErrorCodes } from '../error-codes.ts';
import type { ServiceModule } from '../service-module.ts';
import { createMessagingDocument } from './asyncapi-document.ts';
import { createDocsAssets, docsPage, docsPolicy, docsScript } from './docs-page.ts';
import { errorsPage } from './errors-page.ts';
import { homeLinks, homePage, operationsLinks } from './home-page.ts';
import { createDocument, refuseUnknownCodes } from './openapi-document.ts';

export type DocsOptions = {
  readonly title: string;
  readonly version: string;
  readonly errorCodes: ErrorCodes;
  readonly services: readonly ServiceModule[];
  /** Whether callers are asked who they are. */
  readonly asksCallers: boolean;
  /** Whether the operations are served beside the documentation. */
  readonly hasOperations: boolean;
};

/**
 * The description of the API: the OpenAPI document, a page to try it, the error codes, and a start page; of the messages, the
 * AsyncAPI document.
 *
 * @throws Error when a route names a code that no catalogue explains
 */
export function mountDocs(app: ApiApp, options: DocsOptions): void {
  const { title, errorCodes, hasOperations } = options;
  const links = hasOperations ? { ...homeLinks, ...operationsLinks } : homeLinks;
  refuseUnknownCodes(app, errorCodes);
  const assets = createDocsAssets();
  // Made when somebody asks: they take longer than everything else that a start does.
  let document: string | undefined;
  let messaging: string | undefined;
  let errors: string | undefined;

  app.get('/openapi.json', (c) => {
    document ??= JSON.stringify(createDocument(app, options));
    return c.body(document, 200, { 'Content-Type': 'application/json' });
  });
  app.get('/asyncapi.json', (c) => {
    messaging ??= JSON.stringify(createMessagingDocument(options));
    return c.body(messaging, 200, { 'Content-Type': 'application/json' });
  });
  app.get('/docs', (c) => c.html(docsPage(title), 200, { 'Content-Security-Policy': docsPolicy }));
  app.get('/docs/errors', (c) => {
    errors ??= errorsPage(title, errorCodes);
    return c.html(errors, 200, { 'Content-Security-Policy': docsPolicy });
  });
  app.get('/docs/assets/start.js', (c) =>
    c.body(docsScript, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  );
  for (const [name, asset] of assets) {
    app.get(`/docs/assets/${name}`, (c) =>
      c.body(asset.read(), 200, { 'Content-Type': asset.contentType, 'Cache-Control': 'max-age=3600' }),
    );
  }
  app.get('/', (c) =>
    (c.req.header('accept') ?? '').includes('text/html')
      ? c.html(homePage(title, links), 200, { 'Content-Security-Policy': docsPolicy })
      : c.json({ title, links }),
  );
}
