import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { decode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const telemetry = new URL('./index.ts', import.meta.url).href;

/** Two messages that one context sends and takes, one after the other. */
const script = `
  import { dataStreams, startTelemetry } from '${telemetry}';
  await startTelemetry(process.env.TELEMETRY, { service: 'shop', clock: { sleep: async () => {} }, onTrouble() {} });
  const headers = [{ ce_id: '1' }, { ce_id: '2' }];
  for (const each of headers) {
    dataStreams()?.produced('kafka', 'payment.commands', each);
    dataStreams()?.consumed('kafka', 'payment.commands', asReceived(each));
  }
  console.log(JSON.stringify(headers.map((each) => Object.keys(each))));
  function asReceived(sent) {
    return Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, Buffer.from(value)]));
  }
`;

type Point = { readonly EdgeTags: readonly string[]; readonly Hash: bigint; readonly ParentHash: bigint };
type Payload = { readonly Service: string; readonly Stats: readonly { readonly Stats: readonly Point[] }[] };

/** An agent that keeps what it is told of data streams. */
const payloads: Payload[] = [];
const agent = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.end('{}');
    if (request.url !== '/v0.1/pipeline_stats') return;
    payloads.push(decode(gunzipSync(Buffer.concat(chunks)), { useBigInt64: true }) as Payload);
  });
});

beforeEach(async () => {
  payloads.length = 0;
  agent.listen(0, '127.0.0.1');
  await once(agent, 'listening');
});
afterEach(async () => {
  agent.closeAllConnections();
  agent.close();
  await once(agent, 'close');
});

async function headersOf(environment: Readonly<Record<string, string>>): Promise<readonly (readonly string[])[]> {
  const { port } = agent.address() as AddressInfo;
  // Written when it happens, and not at intervals.
  const ofAgent = { DD_TRACE_AGENT_URL: `http://127.0.0.1:${port}`, DD_TRACE_FLUSH_INTERVAL: '0' };
  const { stdout } = await run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script],
    { cwd: import.meta.dirname, env: { ...process.env, ...ofAgent, ...environment } },
  );
  return JSON.parse(stdout) as readonly (readonly string[])[];
}

describe('data streams', () => {
  test('show Datadog where messages go and come from', async () => {
    const headers = await headersOf({ TELEMETRY: 'datadog', DD_DATA_STREAMS_ENABLED: 'true' });
    expect(headers).toEqual([1, 2].map(() => ['ce_id', 'dd-pathway-ctx-base64']));

    expect(new Set(payloads.map(({ Service }) => Service))).toEqual(new Set(['shop']));
    const points = payloads.flatMap(({ Stats }) => Stats.flatMap(({ Stats: some }) => some));
    const going = (direction: string) => points.filter(({ EdgeTags }) => EdgeTags.includes(`direction:${direction}`));
    const [out, taken] = [going('out'), going('in')];
    for (const { EdgeTags } of points) {
      expect(EdgeTags).toEqual(expect.arrayContaining(['type:kafka', 'topic:payment.commands']));
    }
    // Both begin a pathway, and what was taken follows what was sent, and nothing that happened to be at work before.
    expect(new Set(out.map(({ ParentHash }) => ParentHash))).toEqual(new Set([0n]));
    expect(new Set(taken.map(({ ParentHash }) => ParentHash))).toEqual(new Set(out.map(({ Hash }) => Hash)));
  });

  test.each([
    { TELEMETRY: 'datadog' },
    { TELEMETRY: 'otel', DD_DATA_STREAMS_ENABLED: 'true' },
    { TELEMETRY: 'off', DD_DATA_STREAMS_ENABLED: 'true' },
  ])('are nothing with %j', async (environment) => {
    expect(await headersOf(environment)).toEqual([['ce_id'], ['ce_id']]);
    expect(payloads).toEqual([]);
  });
});
