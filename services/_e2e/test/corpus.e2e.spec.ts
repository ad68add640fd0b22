import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BusWorld, openBusWorld } from './corpus/bus-case.ts';
import { configComplaints, processComplaints } from './corpus/config-case.ts';
import { createFixtures, type Fixtures } from './corpus/fixtures.ts';
import { type BusCase, type CorpusClass, readClass } from './corpus/notation.ts';
import { createRunner, type Runner } from './corpus/run.ts';
import { createTally } from './corpus/tally.ts';
import { type CorpusIssuer, startCorpusIssuer } from './corpus/token-issuer.ts';
import { type Platform, platformStartMs, startPlatform } from './platform.ts';

/** The corpus holds at least so many cases: a file that is lost would else pass unnoticed. */
const minCases = 4_500;
const classMs = 60_000;

const folder = new URL('../corpus/', import.meta.url);
const classes = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => readClass(readFileSync(new URL(file, folder), 'utf8')));
const ofKind = <Kind extends CorpusClass['kind']>(...kinds: readonly Kind[]) =>
  classes.filter((one): one is Extract<CorpusClass, { kind: Kind }> => kinds.some((kind) => kind === one.kind));

const tally = createTally();
let platform: Platform;
let fixtures: Fixtures;
let runner: Runner;
let begunAt: readonly number[];
let beforeBytes = 0;

/** Of each process. */
const metrics = () =>
  Promise.all(platform.client.addresses.all.map(async (url) => (await fetch(`${url}/metrics`)).text()));
const valuesOf = async (metric: string) =>
  (await metrics()).map((text) => Number(new RegExp(`^${metric}\\S* (\\S+)$`, 'm').exec(text)?.[1]));
const residentBytes = async () => (await valuesOf('process_resident_memory_bytes')).reduce((sum, bytes) => sum + bytes);
/** When the processes began, in seconds: others in their place would show. */
const beginnings = async () =>
  (await valuesOf('process_uptime_seconds')).map((seconds) => Math.round(performance.now() / 1_000 - seconds));

beforeAll(async () => {
  // Delivered late, so that an order can be looked at while it is SHIPPED; asked again soon, so that all come to rest soon.
  platform = await startPlatform({ SANDBOX_DELIVERY_MS: '1500', RETRY_CAP_MS: '1000' });
  begunAt = await beginnings();
  fixtures = createFixtures(platform.client);
  runner = createRunner(platform, fixtures, tally);
  beforeBytes = await residentBytes();
}, platformStartMs);

afterAll(async () => {
  runner.close();
  await platform.stop();
});

describe('a running platform keeps its word against', () => {
  const open = ofKind('http', 'raw').filter((one) => one.kind === 'raw' || one.auth === 'off');
  test.each(open.map((one) => [one.class, one] as const))(
    '%s',
    async (_name, one) => {
      expect(await runner.run(one)).toEqual([]);
    },
    classMs,
  );
});

describe('a platform that asks who is calling keeps its word against', () => {
  let asking: Platform;
  let issuer: CorpusIssuer;
  let askingRunner: Runner;

  beforeAll(async () => {
    issuer = await startCorpusIssuer();
    asking = await startPlatform(issuer.settings);
    askingRunner = createRunner(asking, createFixtures(asking.client), tally, issuer.tokenOf);
  }, platformStartMs);

  afterAll(async () => {
    askingRunner.close();
    await asking.stop();
    issuer.close();
  });

  const closed = ofKind('http').filter(({ auth }) => auth === 'jwt');
  test.each(closed.map((one) => [one.class, one] as const))(
    '%s',
    async (_name, one) => {
      expect(await askingRunner.run(one)).toEqual([]);
      expect(askingRunner.accepted()).toEqual(new Set());
      const explained = await (await fetch(asking.client.addresses.of('/docs/errors'))).text();
      for (const code of askingRunner.codes()) expect(explained).toContain(`id="${code}"`);
    },
    classMs,
  );
});

describe('the bus takes no harm from', () => {
  const byService = Map.groupBy(
    ofKind('bus').flatMap(({ cases }) => cases),
    ({ service }) => service,
  );
  test.each([...byService])(
    'what %s should not get',
    async (service, cases) => {
      const world = await openBusWorld(service);
      const complaints = [];
      for (const one of cases) complaints.push(...(await busComplaints(world, one)));
      expect(complaints).toEqual([]);
      expect(await world.close()).toMatchObject({ ok: true });
    },
    classMs,
  );
});

async function busComplaints(world: BusWorld, one: BusCase): Promise<readonly string[]> {
  tally.count('poison messages');
  const fate = await world.fateOf(one);
  return fate === one.expect ? [] : [`${one.name}: ${fate}, not ${one.expect}`];
}

describe('a program does not start with', () => {
  test.each(ofKind('config').map((one) => [one.class, one] as const))('%s', (name, { cases }) => {
    const complaints = cases.flatMap((one) => {
      tally.count(name);
      return configComplaints(one).map((complaint) => `${one.program}: ${one.name}: ${complaint}`);
    });
    expect(complaints).toEqual([]);
  });

  test.each(ofKind('process').map((one) => [one.class, one] as const))(
    '%s',
    async (name, { cases }) => {
      const dataDir = mkdtempSync(join(tmpdir(), 'corpus-'));
      const complaints: string[] = [];
      const waiting = cases.values();
      const lane = async (folderName: string) => {
        for (const one of waiting) {
          tally.count(name);
          const found = await processComplaints(one, join(dataDir, folderName));
          complaints.push(...found.map((complaint) => `${one.name}: ${complaint}`));
        }
      };
      await Promise.all([lane('a'), lane('b')]);
      rmSync(dataDir, { recursive: true });
      expect(complaints).toEqual([]);
    },
    classMs,
  );
});

describe('after all of it', () => {
  test('the same process is up, at ease and not bigger than it should be', async () => {
    const moved = (await beginnings()).map((seconds, index) => Math.abs(seconds - (begunAt[index] ?? 0)));
    expect(Math.max(...moved)).toBeLessThanOrEqual(1);
    const { status, body } = await platform.client.send('GET', '/readyz');
    expect({ status, body }).toMatchObject({ status: 200, body: { ready: true } });
    const afterBytes = await residentBytes();
    console.log(tally.summary({ beforeBytes, afterBytes }));
  });

  test('nothing failed that was not told to, and nothing was accepted that breaks a rule', async () => {
    expect(tally.unplanned5xx()).toEqual([]);
    expect(tally.wronglyAccepted()).toEqual([]);
    const failed = [...(await metrics()).join('\n').matchAll(/^http_requests_total\{(.*status="5.*)\} .*$/gm)].map(
      ([, by]) => by,
    );
    // The provider that cannot give money back, as its test token asks.
    expect(failed.filter((by) => by?.includes('/psp/') !== true)).toEqual([]);
    expect(tally.cases()).toBeGreaterThanOrEqual(minCases);
  });

  test('every code that was answered is explained', async () => {
    const { all } = platform.client.addresses;
    const pages = await Promise.all(all.map(async (url) => (await fetch(`${url}/docs/errors`)).text()));
    const unexplained = [...runner.codes()].filter((code) => !pages.some((page) => page.includes(`id="${code}"`)));
    expect(unexplained).toEqual([]);
  });

  test('there are the orders that were acknowledged, and no others', async () => {
    const listed = new Set<string>();
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await platform.client.send<{ items: { id: string }[]; nextCursor: string | null }>(
        'GET',
        `/v1/orders?limit=100${query}`,
      );
      for (const { id } of body.items) listed.add(id);
      cursor = body.nextCursor;
    }
    expect(listed).toEqual(new Set([...runner.accepted(), ...fixtures.ids()]));
  });

  test('all sagas come to rest, no message is stuck, and the logs agree with what they show', async () => {
    const { client } = platform;
    await client.faults({ psp: { voidFails: false } });
    const listed = async (path: string) => (await client.send<{ items: unknown[] }>('GET', path)).body.items;
    for (const state of ['RUNNING', 'COMPENSATING']) {
      await client.until(
        `no saga to be ${state}`,
        () => listed(`/v1/sagas?state=${state}`),
        (items) => items.length === 0,
      );
    }
    expect(await listed('/v1/dead-letters')).toEqual([]);
    const { body } = await client.send('GET', '/ops/log/verify');
    expect(body).toMatchObject({ ok: true });
  });
});
