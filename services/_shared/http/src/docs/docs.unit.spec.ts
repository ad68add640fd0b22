import { describe, expect, test } from 'vitest';
import { createTestApp, send, stubService } from '../testing/test-app.ts';

const app = createTestApp([
  stubService({
    errorCodes: { 'card-declined': { status: 402, title: 'The <card> said no', explanation: 'Use "another" card.' } },
  }),
]);

describe('/openapi.json', () => {
  test('is a 3.1 document in which every operation lists its problems by status', async () => {
    const { body } = await send(app, 'GET', '/openapi.json');
    const { openapi, paths } = body as {
      openapi: string;
      paths: Record<string, Record<string, { responses: object }>>;
    };

    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths['/v1/dead-letters/{orderId}/redrive']?.['post']?.responses ?? {})).toEqual([
      '200',
      '404',
      '422',
      '429',
      '500',
      '503',
    ]);
    expect(JSON.stringify(body)).not.toContain('x-problem-codes');
  });
});

describe('/asyncapi.json', () => {
  const channel = (name: string) => ({ channels: { [name]: { address: name } } });
  const parts = (name: string) => ({ ...channel(name), operations: {}, components: { messages: {} } });

  test('holds what all services of the process send and receive', async () => {
    const messaging = (name: string) => stubService({ name, messaging: () => parts(name) });
    const both = createTestApp([messaging('a'), messaging('b'), stubService()]);

    expect((await send(both, 'GET', '/asyncapi.json')).body).toMatchObject({
      asyncapi: '3.1.0',
      info: { title: 'Test', version: '0.0.0' },
      channels: { a: { address: 'a' }, b: { address: 'b' } },
    });
  });

  test('is empty when they have no messages', async () => {
    expect((await send(app, 'GET', '/asyncapi.json')).body).toMatchObject({ channels: {}, operations: {} });
  });

  test('is linked from the start page and from the page to try the API', async () => {
    expect((await send(app, 'GET', '/')).body).toMatchObject({ links: { asyncapi: '/asyncapi.json' } });
    expect((await send(app, 'GET', '/openapi.json')).body).toMatchObject({ externalDocs: { url: '/asyncapi.json' } });
  });
});

describe('/docs', () => {
  test('and everything that it loads comes from here', async () => {
    const page = await send(app, 'GET', '/docs');
    const loaded = [...String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');

    expect(loaded.length).toBeGreaterThan(3);
    for (const url of loaded) {
      expect(url).toMatch(/^\/docs\/assets\//);
      expect(await send(app, 'GET', url)).toMatchObject({ status: 200 });
    }
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  });

  test('asks no validator elsewhere', async () => {
    expect((await send(app, 'GET', '/docs/assets/start.js')).body).toContain('validatorUrl: null');
  });

  test('serves its own files and no others', async () => {
    for (const path of [
      '/docs/assets/package.json',
      '/docs/assets/../package.json',
      '/docs/assets/%2e%2e/package.json',
    ]) {
      expect(await send(app, 'GET', path)).toMatchObject({ status: 404 });
    }
  });
});

describe('/docs/errors', () => {
  test('has a line per code with its anchor, and escapes what it prints', async () => {
    const { body } = await send(app, 'GET', '/docs/errors');

    expect(body).toContain('<tr id="card-declined">');
    expect(body).toContain('The &lt;card&gt; said no');
    expect(body).toContain('<tr id="validation-failed">');
  });
});

describe('/', () => {
  test('links to the rest, for programs and for people', async () => {
    expect((await send(app, 'GET', '/')).body).toMatchObject({ links: { documentation: '/docs' } });
    expect((await send(app, 'GET', '/', { headers: { Accept: 'text/html' } })).body).toContain('<a href="/docs">');
  });
});
