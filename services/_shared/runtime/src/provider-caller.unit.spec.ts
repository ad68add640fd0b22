import { createSeededRandom, createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, test } from 'vitest';
import type { HttpClient, HttpRequest, HttpResult } from './http-client.ts';
import { createMetrics, renderMetrics } from './metrics.ts';
import { createProviderCaller, type ProviderCallerOptions } from './provider-caller.ts';
import { createRecordingLogger } from './testing/loggers.ts';

const done: HttpResult = { kind: 'response', status: 201, headers: {}, body: '{"id":"1"}' };
const refused: HttpResult = { kind: 'not-sent', reason: 'connect-failed' };
const failing: HttpResult = { kind: 'response', status: 500, headers: {}, body: '' };
const rateLimited: HttpResult = { kind: 'response', status: 429, headers: {}, body: '' };
const request = {
  method: 'POST',
  url: 'http://psp.test/authorizations',
  headers: { 'Idempotency-Key': 'o-1:authorize' },
} as const;

type Provider = (request: HttpRequest) => HttpResult | Promise<HttpResult>;

function setup(provider: Provider, more: Partial<ProviderCallerOptions> = {}) {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const metrics = createMetrics('payment');
  const sent: HttpRequest[] = [];
  const httpClient: HttpClient = {
    send: async (sending) => {
      sent.push(sending);
      return provider(sending);
    },
    close: async () => {},
  };
  const random = createSeededRandom(1);
  const caller = createProviderCaller({
    name: 'psp',
    httpClient,
    clock,
    random,
    logger,
    metrics,
    timeoutMs: 2_000,
    ...more,
  });
  const call = (withinMs = 60_000) => caller.call(request, { deadlineMs: clock.monotonic() + withinMs });
  return { clock, logger, metrics, sent, caller, call };
}

/** Answers one after the other, the last for ever. */
function inTurn(...results: HttpResult[]): Provider {
  let next = 0;
  return () => results[Math.min(next++, results.length - 1)] ?? failing;
}

/** Answers when the test says so; times out as its request demands. */
function slow(clock: () => ReturnType<typeof createVirtualClock>, afterMs: number): Provider {
  return async ({ timeoutMs }) => {
    await clock().sleep(Math.min(afterMs, timeoutMs));
    return afterMs > timeoutMs ? { kind: 'no-answer', reason: 'timeout' } : done;
  };
}

describe('tries', () => {
  test('a definite answer ends the call', async () => {
    const { call, sent } = setup(inTurn(done));

    expect(await call()).toEqual({ kind: 'answered', status: 201, body: '{"id":"1"}' });
    expect(sent).toHaveLength(1);
  });

  test('a refusal of the provider is an answer, not a failure', async () => {
    const { call, sent } = setup(inTurn({ kind: 'response', status: 402, headers: {}, body: '{}' }));

    expect(await call()).toMatchObject({ kind: 'answered', status: 402 });
    expect(sent).toHaveLength(1);
  });

  test('each carries the same request, three at most, and the outcome is the worst of them', async () => {
    const { clock, call, sent } = setup(inTurn(failing, refused, refused));
    const calling = call();
    await clock.advance(10_000);

    expect(await calling).toEqual({ kind: 'unknown', reason: 'status-500' });
    expect(sent).toHaveLength(3);
    expect(sent.every(({ headers }) => headers?.['Idempotency-Key'] === 'o-1:authorize')).toBe(true);
    expect(clock.pending()).toBe(0);
  });

  test('a later answer settles an earlier silence', async () => {
    const { clock, call } = setup(inTurn({ kind: 'no-answer', reason: 'reset' }, done));
    const calling = call();
    await clock.advance(10_000);

    expect(await calling).toMatchObject({ kind: 'answered', status: 201 });
  });

  test('wait between 0 and 100 ms, then between 0 and 200 ms, at random', async () => {
    const waits: number[][] = [];
    for (let seed = 0; seed < 50; seed += 1) {
      const at: number[] = [];
      const { clock, call } = setup(() => (at.push(clock.monotonic()), failing), { random: createSeededRandom(seed) });
      const calling = call();
      await clock.advance(1_000);
      await calling;
      waits.push([(at[1] ?? 0) - (at[0] ?? 0), (at[2] ?? 0) - (at[1] ?? 0)]);
    }

    expect(waits.every(([first = -1, second = -1]) => first >= 0 && first < 100 && second >= 0 && second < 200)).toBe(
      true,
    );
    expect(new Set(waits.map(String)).size).toBeGreaterThan(45);
  });

  test('stop when the retry budget is spent', async () => {
    const { clock, call, sent } = setup(inTurn(rateLimited));
    const calls = Array.from({ length: 50 }, () => call());
    await clock.advance(10_000);
    await Promise.all(calls);

    // One try each, the reserve of 10 retries, and 10 % of the calls.
    expect(sent.length).toBeGreaterThanOrEqual(50 + 10);
    expect(sent.length).toBeLessThanOrEqual(50 + 10 + 5);
  });
});

describe('the deadline', () => {
  test('no try starts after it', async () => {
    const { call, sent } = setup(inTurn(done));

    expect(await call(0)).toEqual({ kind: 'unavailable', reason: 'deadline' });
    expect(sent).toEqual([]);
  });

  test('bounds the timeout of a try', async () => {
    const world = setup((sending) => slow(() => world.clock, 10_000)(sending));
    const calling = world.call(500);
    await world.clock.advance(500);

    expect(await calling).toEqual({ kind: 'unknown', reason: 'timeout' });
    expect(world.sent.map(({ timeoutMs }) => timeoutMs)).toEqual([500]);
  });

  test('a caller who gives up ends the wait between tries', async () => {
    const { clock, caller, sent } = setup(inTurn(refused));
    const stop = new AbortController();
    const calling = caller.call(request, { deadlineMs: 60_000, signal: stop.signal });
    await clock.settle();
    stop.abort();

    expect(await calling).toMatchObject({ kind: 'unavailable' });
    expect(sent).toHaveLength(1);
    expect(clock.pending()).toBe(0);
  });
});

describe('the bulkhead', () => {
  test('lets twenty run; the others wait their turn and do not fail at it', async () => {
    let running = 0;
    let most = 0;
    const world = setup(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await world.clock.sleep(100);
        running -= 1;
        return done;
      },
      { running: 20 },
    );
    const calls = Array.from({ length: 60 }, () => world.call());
    await world.clock.advance(300);
    const outcomes = await Promise.all(calls);

    expect(most).toBe(20);
    expect(outcomes.every(({ kind }) => kind === 'answered')).toBe(true);
  });

  test('a waiter whose deadline passes leaves at it and is never sent', async () => {
    const world = setup((sending) => slow(() => world.clock, 1_000)(sending), { running: 1 });
    const first = world.call();
    await world.clock.settle();
    const second = world.call(500);
    await world.clock.advance(500);

    expect(await second).toEqual({ kind: 'unavailable', reason: 'deadline' });
    await world.clock.advance(10_000);
    expect(await first).toMatchObject({ kind: 'answered' });
    expect(world.sent).toHaveLength(1);
  });

  test('turns away what does not fit into its bounded queue', async () => {
    const world = setup((sending) => slow(() => world.clock, 1_000)(sending), { running: 1, queued: 1 });
    const calls = [world.call(), world.call(), world.call()];
    await world.clock.settle();

    expect(await calls[2]).toEqual({ kind: 'unavailable', reason: 'bulkhead-full' });
    await world.clock.advance(2_000);
    await Promise.all(calls);
  });
});

describe('the breaker', () => {
  /** Two calls a second for `seconds`; what they ended in. */
  async function traffic({ clock, call }: ReturnType<typeof setup>, seconds: number): Promise<string[]> {
    const outcomes: string[] = [];
    for (let half = 0; half < seconds * 2; half += 1) {
      const calling = call(400).then(
        (outcome) => void outcomes.push(outcome.kind === 'answered' ? 'answered' : outcome.reason),
      );
      await clock.advance(500);
      await calling;
    }
    return outcomes;
  }

  test('opens at two requests a second, also after a long healthy time, and says so', async () => {
    let isUp = true;
    const world = setup(() => (isUp ? done : failing));
    await traffic(world, 30);
    isUp = false;
    const outage = await traffic(world, 15);

    expect(outage.indexOf('breaker-open')).toBeLessThanOrEqual(20);
    expect(world.logger.lines).toContainEqual({
      level: 'warn',
      message: 'provider breaker changed',
      fields: { provider: 'psp', state: 'open' },
    });
    expect((await renderMetrics([world.metrics])).text).toContain(
      'provider_breaker_open{provider="psp",service="payment"} 1',
    );
  });

  test('open, it spares the provider all but one probe in five seconds', async () => {
    const world = setup(() => failing);
    await traffic(world, 15);
    const before = world.sent.length;
    await traffic(world, 20);

    expect(world.sent.length - before).toBeLessThanOrEqual(5);
  });

  test('closes within 15 s after the provider is back', async () => {
    let isUp = false;
    const world = setup(() => (isUp ? done : failing));
    await traffic(world, 30);
    isUp = true;
    const recovery = await traffic(world, 15);

    expect(recovery.indexOf('answered')).toBeLessThanOrEqual(2 * 6);
    expect(recovery.slice(recovery.indexOf('answered')).every((outcome) => outcome === 'answered')).toBe(true);
  });

  test('measures its wait with a clock that does not jump', async () => {
    const world = setup(() => failing);
    await traffic(world, 15);
    world.clock.jump(-3_600_000);
    const before = world.sent.length;
    await traffic(world, 6);

    expect(world.sent.length).toBeGreaterThan(before);
  });

  test('an open breaker does not hide that an earlier try may have acted', async () => {
    const { clock, call } = setup(() => failing, { running: 20 });
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const calling = call();
        await clock.advance(1_000);
        return calling;
      }),
    );

    expect(outcomes[0]).toEqual({ kind: 'unknown', reason: 'status-500' });
    expect(outcomes.at(-1)).toEqual({ kind: 'unavailable', reason: 'breaker-open' });
  });

  test('is not opened by a provider that fails three calls of ten', async () => {
    const random = createSeededRandom(7);
    const world = setup(() => (random.next() < 0.3 ? failing : done));
    await traffic(world, 200);

    expect(world.logger.lines).toEqual([]);
  });

  test('is not opened by rate limits', async () => {
    const world = setup(inTurn(rateLimited));
    const outcomes = await traffic(world, 30);

    expect(new Set(outcomes)).toEqual(new Set(['rate-limited']));
  });
});
