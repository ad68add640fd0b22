import { createVirtualClock } from '@checkout/kernel/testing';
import type { HttpClient, HttpRequest, HttpResult } from '@checkout/runtime';
import { describe, expect, test } from 'vitest';
import { createPlatformClient } from './platform-client.ts';

const answer = (status: number, body: unknown = {}, headers: Readonly<Record<string, string>> = {}): HttpResult => ({
  kind: 'response',
  status,
  headers,
  body: JSON.stringify(body),
});
const noAnswer: HttpResult = { kind: 'no-answer', reason: 'reset' };

/** A platform that answers each order in turn with what the test lists, the last for ever, and is ready when it says so. */
function setup(results: readonly HttpResult[], isReady: () => boolean = () => true) {
  const clock = createVirtualClock();
  const stopping = new AbortController();
  const sent: HttpRequest[] = [];
  const said: string[] = [];
  const httpClient: HttpClient = {
    async send(request) {
      if (request.url.endsWith('/readyz')) return isReady() ? answer(200) : noAnswer;
      sent.push(request);
      return results[Math.min(sent.length, results.length) - 1] as HttpResult;
    },
    close: async () => {},
  };
  const client = createPlatformClient({
    name: 'the platform',
    addressOf: (path) => `http://platform${path}`,
    httpClient,
    clock,
    random: { next: () => 0.5 },
    signal: stopping.signal,
    say: (line) => said.push(line),
  });
  return { client, clock, stopping, sent, said };
}

describe('a request', () => {
  test('gives the answer', async () => {
    const { client, sent } = setup([answer(201, { id: 'o-1' })]);

    expect(await client.send('POST', '/v1/orders', { body: { a: 1 } })).toEqual({ status: 201, body: { id: 'o-1' } });
    expect(sent).toMatchObject([{ method: 'POST', url: 'http://platform/v1/orders', body: '{"a":1}' }]);
  });

  test('has ten seconds, or what it takes', async () => {
    const { client, sent } = setup([answer(200)]);

    await client.get('/v1/orders');
    await client.get('/ops/log/verify', { timeoutMs: 60_000 });
    expect(sent.map(({ timeoutMs }) => timeoutMs)).toEqual([10_000, 60_000]);
  });

  test.each([422, 404, 409])('that is refused for good is not sent again: %i', async (status) => {
    const { client, sent } = setup([answer(status)]);

    expect(await client.send('GET', '/')).toMatchObject({ status });
    expect(sent).toHaveLength(1);
  });

  test.each([noAnswer, answer(500), answer(503), answer(429), answer(409, {}, { 'retry-after': '1' })])(
    'that may yet be answered is sent again as it was: %j',
    async (first) => {
      const { client, clock, sent } = setup([first, answer(200)]);
      const sending = client.send('POST', '/v1/orders', { headers: { 'Idempotency-Key': 'k' } });
      await clock.advance(2_000);

      expect(await sending).toMatchObject({ status: 200 });
      expect(sent[1]).toEqual(sent[0]);
      expect(client.stats().repeated).toBe(1);
    },
  );

  test('waits as long as it is told to', async () => {
    const { client, clock, sent } = setup([answer(503, {}, { 'retry-after': '3' }), answer(200)]);
    const sending = client.send('GET', '/');
    await clock.advance(2_999);
    expect(sent).toHaveLength(1);
    await clock.advance(1);
    await sending;

    expect(sent).toHaveLength(2);
  });

  test('that never gets an answer is given up', async () => {
    const { client, clock } = setup([answer(500)]);
    const sending = expect(client.send('GET', '/')).rejects.toThrow(
      'the platform gave no usable answer to GET / for 300 s (500 in the end): gave up',
    );
    await clock.advance(310_000);
    await sending;
  });

  test('ends when the run is stopped', async () => {
    const { client, clock, stopping } = setup([answer(500)]);
    const sending = expect(client.send('GET', '/')).rejects.toThrow('stopped');
    await clock.advance(10);
    stopping.abort();
    await clock.settle();
    await sending;
  });
});

describe('a platform that goes away', () => {
  test('is waited for by all requests together, and they say so once', async () => {
    let ready = false;
    const { client, clock, sent, said } = setup([noAnswer, noAnswer, answer(200)], () => ready);
    const sending = Promise.all([client.send('GET', '/a'), client.send('GET', '/b')]);
    await clock.advance(10_000);
    expect(sent).toHaveLength(2);
    ready = true;
    await clock.advance(1_000);
    await sending;

    expect(sent).toHaveLength(4);
    expect(said).toEqual([
      'the platform does not answer, waiting for it to come back ...',
      'the platform is back after 10 s',
    ]);
    expect(client.stats().awayMs).toBeGreaterThan(9_000);
  });

  test('and does not come back ends the run', async () => {
    const { client, clock } = setup([noAnswer], () => false);
    const sending = expect(client.send('GET', '/')).rejects.toThrow('(nothing): gave up');
    await clock.advance(310_000);
    await sending;
  });
});
