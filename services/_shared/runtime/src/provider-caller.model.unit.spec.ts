import { createSeededRandom, createVirtualClock } from '@checkout/kernel/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HttpClient, HttpResult } from './http-client.ts';
import { createMetrics } from './metrics.ts';
import { createProviderCaller } from './provider-caller.ts';
import { type ProviderOutcome, type Try, tryOf } from './provider-outcome.ts';
import { createRecordingLogger } from './testing/loggers.ts';

/** How the provider answers: at once, late, never, with an error, not at all, or with a request to come later. */
const moods = ['well', 'slow', 'silent', 'failing', 'unreachable', 'rate limiting', 'flaky'] as const;
type Mood = (typeof moods)[number];

const timeoutMs = 2_000;
const running = 3;
const queued = 4;
const tries = 3;
const retryReserve = 10;
const retryRatio = 0.1;
const openMs = 5_000;
/** So many tries that failed one after the other open the breaker, whatever was before. */
const windowCalls = 20;
const recoveryMs = 15_000;

const response = (status: number): HttpResult => ({ kind: 'response', status, headers: {}, body: '{}' });

/** One call, and what its tries proved. */
type Call = {
  readonly deadlineMs: number;
  readonly giveUp: AbortController;
  readonly made: Try[];
  outcome: ProviderOutcome | undefined;
};

type Model = {
  readonly calls: Call[];
  readonly lies: unknown[];
  sends: number;
  underWay: number;
  /** Tries that failed one after the other, up to now. */
  failuresInARow: number;
  openedAt: number | undefined;
  lastProbeAt: number;
};

function startCaller() {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const random = createSeededRandom(5);
  const model: Model = {
    calls: [],
    lies: [],
    sends: 0,
    underWay: 0,
    failuresInARow: 0,
    openedAt: undefined,
    lastProbeAt: Number.NEGATIVE_INFINITY,
  };
  let mood: Mood = 'well';

  const answer = async (within: number, signal: AbortSignal | undefined): Promise<HttpResult> => {
    switch (mood) {
      case 'well':
        return response(201);
      case 'flaky':
        return response(random.next() < 0.5 ? 201 : 500);
      case 'failing':
        return response(500);
      case 'rate limiting':
        return response(429);
      case 'unreachable':
        return { kind: 'not-sent', reason: 'connect-failed' };
      case 'slow':
      case 'silent': {
        const neededMs = mood === 'slow' ? 700 : Number.POSITIVE_INFINITY;
        await clock.sleep(Math.min(within, neededMs), signal);
        if (signal?.aborted) return { kind: 'no-answer', reason: 'aborted' };
        return neededMs <= within ? response(201) : { kind: 'no-answer', reason: 'timeout' };
      }
    }
  };
  const guard = (check: () => void) => {
    try {
      check();
    } catch (lie) {
      model.lies.push(lie);
    }
  };
  const httpClient: HttpClient = {
    async send({ headers, timeoutMs: within, signal }) {
      const call = model.calls[Number(headers?.['idempotency-key'])]!;
      guard(() => expectSend(model, call, clock.monotonic(), within));
      model.sends += 1;
      model.underWay += 1;
      const result = await answer(within, signal);
      model.underWay -= 1;
      call.made.push(tryOf(result));
      model.failuresInARow = isFault(tryOf(result)) ? model.failuresInARow + 1 : 0;
      return result;
    },
    close: async () => {},
  };
  const caller = createProviderCaller({
    name: 'psp',
    httpClient,
    clock,
    random,
    logger: {
      ...logger,
      warn(message, fields) {
        model.openedAt = fields?.['state'] === 'open' ? clock.monotonic() : undefined;
        logger.warn(message, fields);
      },
    },
    metrics: createMetrics('payment'),
    timeoutMs,
    tries,
    running,
    queued,
    retryRatio,
  });
  const setMood = (next: Mood) => {
    mood = next;
  };
  return { clock, model, caller, setMood };
}

type World = ReturnType<typeof startCaller>;

const isFault = (made: Try) =>
  made.kind === 'ambiguous' || (made.kind === 'untouched' && made.reason !== 'rate-limited');

/** What must be true when a request leaves. */
function expectSend(model: Model, call: Call, now: number, within: number): void {
  expect(call.outcome).toBeUndefined();
  expect(call.giveUp.signal.aborted).toBe(false);
  expect(now).toBeLessThan(call.deadlineMs);
  expect(within).toBeLessThanOrEqual(Math.min(timeoutMs, call.deadlineMs - now));
  expect(call.made.length).toBeLessThan(tries);
  expect(model.underWay).toBeLessThan(running);
  // The budget: one try a call, a reserve, and a share of the calls.
  expect(model.sends).toBeLessThan(model.calls.length * (1 + retryRatio) + retryReserve);
  // Open, the breaker lets one probe through in five seconds, and none before they have passed.
  if (model.openedAt === undefined) return;
  expect(now - model.openedAt).toBeGreaterThanOrEqual(openMs);
  expect(now - model.lastProbeAt).toBeGreaterThanOrEqual(openMs);
  model.lastProbeAt = now;
}

/** What must be true of a call that has ended: it says what its tries proved, and no more. */
function expectOutcome({ made, deadlineMs }: Call, outcome: ProviderOutcome, now: number): void {
  const last = made.at(-1);
  const proved =
    last?.kind === 'definite' ? 'answered' : made.some(({ kind }) => kind === 'ambiguous') ? 'unknown' : 'unavailable';
  expect(outcome.kind).toBe(proved);
  expect(now).toBeLessThanOrEqual(deadlineMs);
}

type Command = fc.AsyncCommand<Model, World>;

const command = (name: string, run: (world: World) => unknown): Command => ({
  check: () => true,
  toString: () => name,
  async run(model, world) {
    await run(world);
    expect(model.lies).toEqual([]);
    // However seldom it is called: that many failures open it.
    if (model.failuresInARow >= windowCalls) expect(model.openedAt).toBeDefined();
  },
});

function begin({ clock, model, caller }: World, withinMs: number): Promise<ProviderOutcome> {
  const number = model.calls.length;
  const call: Call = {
    deadlineMs: clock.monotonic() + withinMs,
    giveUp: new AbortController(),
    made: [],
    outcome: undefined,
  };
  model.calls.push(call);
  const request = { method: 'POST', url: 'http://psp.test', headers: { 'idempotency-key': String(number) } } as const;
  const { deadlineMs, giveUp } = call;
  const ended = caller.call(request, { deadlineMs, signal: giveUp.signal }).then((outcome) => {
    call.outcome = outcome;
    expectOutcome(call, outcome, clock.monotonic());
    return outcome;
  });
  ended.catch((lie: unknown) => model.lies.push(lie));
  return ended;
}
const calls = (count: number, withinMs: number) =>
  command(`${count} calls within ${withinMs} ms`, (world) => {
    for (let made = 0; made < count; made += 1) void begin(world, withinMs);
  });
/** One call after the other. */
const traffic = (count: number, everyMs: number) =>
  command(`${count} calls, one every ${everyMs} ms`, async (world) => {
    for (let made = 0; made < count; made += 1) {
      void begin(world, 6_000);
      await world.clock.advance(everyMs);
    }
  });
const turn = (mood: Mood) => command(`the provider is ${mood}`, ({ setMood }) => setMood(mood));
const pass = (ms: number) => command(`${ms} ms pass`, ({ clock }) => clock.advance(ms));
const giveUp = (which: number) =>
  command(`call ${which} is given up`, ({ model }) =>
    model.calls[which % Math.max(1, model.calls.length)]?.giveUp.abort(),
  );

const often = (count: number, arbitrary: fc.Arbitrary<Command>) => Array.from({ length: count }, () => arbitrary);
const commands = fc.commands<Model, World, false>(
  [
    ...often(
      3,
      fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom(100, 1_000, 6_000)).map((args) => calls(...args)),
    ),
    ...often(
      2,
      fc.tuple(fc.integer({ min: 1, max: 30 }), fc.constantFrom(200, 500, 2_000)).map((args) => traffic(...args)),
    ),
    ...often(3, fc.constantFrom(...moods).map(turn)),
    ...often(2, fc.constantFrom(0, 100, 1_000, 6_000).map(pass)),
    fc.nat({ max: 100 }).map(giveUp),
  ],
  { maxCommands: 30, size: 'max' },
);

it('whatever the provider does, every call says what was proved, and fifteen seconds after it is back all is well', async () => {
  await fc.assert(
    fc.asyncProperty(commands, fc.constantFrom(500, 1_000), async (some, everyMs) => {
      const world = startCaller();
      await fc.asyncModelRun(() => ({ model: world.model, real: world }), some);

      await turn('well').run(world.model, world);
      await traffic(recoveryMs / everyMs, everyMs).run(world.model, world);
      for (let made = 0; made < 5; made += 1) {
        const ended = begin(world, 6_000);
        await world.clock.advance(everyMs);
        expect(await ended).toMatchObject({ kind: 'answered' });
      }
      expect(world.model.calls.filter(({ outcome }) => outcome === undefined)).toEqual([]);
      expect(world.model.lies).toEqual([]);
      expect([world.model.underWay, world.clock.pending()]).toEqual([0, 0]);
    }),
    { numRuns: 80 },
  );
});
