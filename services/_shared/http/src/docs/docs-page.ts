import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { escapeHtml } from './html.ts';

/** Own files only; the viewer styles itself inline and embeds its icons as data. */
export const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function docsPage(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="icon" href="/docs/assets/favicon-32x32.png">
</head>
<body>
<div id="viewer"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
`;
}

/** In a file of its own, because the policy allows no inline script. Without a validator, nothing leaves this host. */
export const docsScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#viewer', validatorUrl: null, deepLinking: true });\n`;

export type DocsAsset = { readonly contentType: string; read(): Uint8Array<ArrayBuffer> };

const assetTypes = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;

/** The viewer's files by name. Each is read when it is first asked for, and kept: most processes never show the page. */
export function createDocsAssets(): ReadonlyMap<string, DocsAsset> {
  const directory = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return new Map(
    Object.entries(assetTypes).map(([name, contentType]) => {
      let content: Uint8Array<ArrayBuffer> | undefined;
      return [name, { contentType, read: () => (content ??= new Uint8Array(readFileSync(join(directory, name)))) }];
    }),
  );
}
