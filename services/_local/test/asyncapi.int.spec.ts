import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messages, type ServiceName, services } from '@checkout/contracts';
import { createTestApp, send, stubService } from '@checkout/http/testing';
import { describeMessaging } from '@checkout/messaging';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { startPlatform } from './platform-in-process.ts';

type Document = {
  readonly channels: object;
  readonly operations: object;
  readonly components: { readonly messages: object };
};

/** The specification's own schema. Formats are not its point, and its URIs are. */
const schema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.1.0-without-$id.json') as object;
const isAsyncapi = new Ajv({ strict: false, validateFormats: false }).compile(schema);
const faultsOf = (document: object) => (isAsyncapi(document) ? [] : isAsyncapi.errors);

async function documentOf(...names: readonly ServiceName[]): Promise<Document> {
  const modules = names.map((name) =>
    stubService({ name, messaging: () => describeMessaging(name, { partitions: 16 }) }),
  );
  return (await send(createTestApp(modules), 'GET', '/asyncapi.json')).body as Document;
}

/** The references in a document that lead nowhere. */
function danglingIn(document: Document): readonly string[] {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
  expect(references.length).toBeGreaterThan(10);
  const follow = (path: string) =>
    path.split('/').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document);
  return references.filter((path) => follow(path) === undefined);
}

describe('/asyncapi.json', () => {
  test.each(services)('of %s keeps to the specification, and every reference leads somewhere', async (service) => {
    const document = await documentOf(service);
    expect(faultsOf(document)).toEqual([]);
    expect(danglingIn(document)).toEqual([]);
  });

  test('is refused by the schema of the specification when something is wrong', async () => {
    const document = await documentOf('order');
    expect(faultsOf({ ...document, asyncapi: '3.0.0' })).not.toEqual([]);
    expect(faultsOf({ ...document, operations: { wrong: { action: 'publish' } } })).not.toEqual([]);
  });

  test('of the whole platform in one process is that of all services together', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'asyncapi '));
    const platform = await startPlatform(dataDir);
    try {
      const document = (await (await fetch(`${platform.url}/asyncapi.json`)).json()) as Document;
      const { channels, operations, components } = await documentOf(...services);

      expect(faultsOf(document)).toEqual([]);
      expect(document).toMatchObject({ channels, operations, components });
      expect(Object.keys(document.components.messages)).toHaveLength(Object.keys(messages).length + 1);
    } finally {
      await platform.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
