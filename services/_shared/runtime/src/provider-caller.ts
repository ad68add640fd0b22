import type { Clock, Random } from '@checkout/kernel';
import { bulkhead, isBulkheadRejectedError, isTaskCancelledError } from 'cockatiel';
import { createBreaker } from './breaker.ts';
import type { HttpClient, HttpRequest } from './http-client.ts';
import type { Logger } from './logger.ts';
import { latencyBucketsSeconds, type Metrics } from './metrics.ts';
import { outcomeOf, type ProviderOutcome, type Try, tryOf } from './provider-outcome.ts';
import { traceCall } from './provider-spans.ts';
import { createRetryBudget } from './retry-budget.ts';

/** Repeatable by construction: a query, or a request that carries the operation's idempotency key. */
export type ProviderRequest = Omit<HttpRequest, 'timeoutMs' | 'signal'>;

export type ProviderCaller = {
  /**
   * Calls the provider, trying again with full jitter while that can help. Ends by the deadline. Throws only what
   * the client throws: a defect, which proves nothing of what the provider did.
   *
   * @param deadlineMs on `Clock.monotonic`; no try starts after it, and one under way is ended at it
   * @param signal ends the call like a deadline that passes now
   */
  call(
    request: ProviderRequest,
    options: { readonly deadlineMs: number; readonly signal?: AbortSignal },
  ): Promise<ProviderOutcome>;
  /** Whether most of the last tries failed, so that new ones are not made. */
  isAway(): boolean;
};

export type ProviderCallerOptions = {
  /** The dependency's name in metrics and logs: `psp`, `carrier`, `bureau`. */
  readonly name: string;
  readonly httpClient: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Milliseconds that one try may take. */
  readonly timeoutMs: number;
  /** Tries in one call, the first included. */
  readonly tries?: number;
  /** The wait before try n+1 is uniform in [0, min(capMs, baseMs * 2^(n-1))). */
  readonly baseMs?: number;
  readonly capMs?: number;
  /** Tries under way at once; more wait their turn, at most `queued`, until their deadline. */
  readonly running?: number;
  readonly queued?: number;
  /** Retries per call in the long run. */
  readonly retryRatio?: number;
};

/**
 * Above what a participant has under way, so that the resolver finds a turn as well. Each turn may cost a connection, and a
 * busy server takes in connections slowly: libuv accepts one per turn of its event loop.
 */
const defaultRunning = 24;
/**
 * Sixteen partitions hand over batches of up to sixty commands; whoever comes beyond that is told `unavailable`, because
 * an unbounded queue only turns an outage into a longer one.
 */
const defaultQueued = 1_000;
const retryReserve = 10;
/**
 * Opens when 17 of the last 20 tries failed, at the start 9 of 10: within about nine seconds of an outage at two tries a
 * second, and practically never (5 in 10 million) for a provider that fails three of ten. It probes every five seconds,
 * so it is closed again well within 15 s after the provider is back.
 */
const breakerShape = { openMs: 5_000, windowCalls: 20, minCalls: 10, failureShare: 0.8 } as const;

const breakerOpen: Try = { kind: 'untouched', reason: 'breaker-open' };
const bulkheadFull: Try = { kind: 'untouched', reason: 'bulkhead-full' };
const deadlinePassed: Try = { kind: 'untouched', reason: 'deadline' };

/**
 * The policies around one provider: bulkhead, breaker, tries with a budget, deadline. One caller per dependency, shared by
 * everything that talks to it. Cockatiel supplies bulkhead and breaker; the loop is ours, because cockatiel's retry waits
 * on timers of its own and knows no deadline.
 */
export function createProviderCaller(options: ProviderCallerOptions): ProviderCaller {
  const { httpClient, clock, random, timeoutMs } = options;
  const { tries = 3, baseMs = 100, capMs = 2_000 } = options;
  const { running = defaultRunning, queued = defaultQueued, retryRatio = 0.1 } = options;
  const observe = createObserver(options);
  const turns = bulkhead(running, queued);
  const budget = createRetryBudget(retryRatio, retryReserve);
  const breaker = createBreaker<Try>(isProviderFault, {
    ...breakerShape,
    clock,
    onChange: (state) => observe.breaker(state),
  });

  /** One try: its turn, the breaker, the request. A waiter whose deadline passes leaves, and is never sent afterwards. */
  const attempt = async (request: ProviderRequest, deadline: Deadline): Promise<Try> => {
    const { outer } = deadline;
    let hasTurn = false;
    const attempted = turns
      .execute(async () => {
        const remainingMs = deadline.remainingMs();
        if (remainingMs <= 0) return deadlinePassed;
        hasTurn = true;
        const limits = { timeoutMs: Math.min(timeoutMs, remainingMs), ...(outer && { signal: outer }) };
        const send = () => httpClient.send({ ...request, ...limits });
        return (await breaker.run(async () => tryOf(await send()))) ?? breakerOpen;
      }, deadline.signal)
      .catch((error: unknown) => {
        if (isBulkheadRejectedError(error)) return bulkheadFull;
        // A waiter whose signal was aborted.
        if (isTaskCancelledError(error)) return deadlinePassed;
        throw error;
      });
    return Promise.race([attempted, deadline.passed.then(() => (hasTurn ? attempted : deadlinePassed))]);
  };

  const run = async (
    request: ProviderRequest,
    deadline: Deadline,
    tried: (result: Try) => void,
  ): Promise<ProviderOutcome> => {
    const made: Try[] = [];
    for (let number = 1; number <= tries; number += 1) {
      const result = await attempt(request, deadline);
      made.push(result);
      observe.attempt(result);
      tried(result);
      if (result.kind === 'definite' || endsTheCall(result) || number === tries) break;
      const waitMs = random.next() * Math.min(capMs, baseMs * 2 ** (number - 1));
      if (waitMs >= deadline.remainingMs() || !budget.spend()) break;
      await clock.sleep(waitMs, deadline.signal);
    }
    return outcomeOf(made);
  };

  return {
    async call(request, { deadlineMs, signal }) {
      const startedAtMs = clock.monotonic();
      budget.earn();
      const deadline = createDeadline(clock, deadlineMs, signal);
      const traced = traceCall(options.name, request);
      let outcome: ProviderOutcome | undefined;
      try {
        outcome = await run(traced.request, deadline, traced.tried);
        observe.call(outcome, clock.monotonic() - startedAtMs);
        return outcome;
      } finally {
        traced.end(outcome);
        deadline.dispose();
      }
    },
    isAway: () => breaker.isOpen(),
  };
}

type Deadline = {
  /** The caller's own signal. */
  readonly outer: AbortSignal | undefined;
  /** Aborted when the deadline passes or the caller gives up. */
  readonly signal: AbortSignal;
  /** Resolves when `signal` is aborted. */
  readonly passed: Promise<void>;
  remainingMs(): number;
  dispose(): void;
};

function createDeadline(clock: Clock, deadlineMs: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController();
  const { promise: passed, resolve } = Promise.withResolvers<void>();
  const end = () => {
    controller.abort();
    resolve();
  };
  const cancelTimer = clock.setTimer(deadlineMs - clock.monotonic(), end);
  outer?.addEventListener('abort', end, { once: true });
  if (outer?.aborted) end();
  return {
    outer,
    signal: controller.signal,
    passed,
    remainingMs: () => (controller.signal.aborted ? 0 : deadlineMs - clock.monotonic()),
    dispose() {
      cancelTimer();
      outer?.removeEventListener('abort', end);
    },
  };
}

/** What speaks against the provider's health. A rate limit is an answer; a full bulkhead is our own matter. */
function isProviderFault(result: Try): boolean {
  return result.kind === 'ambiguous' || (result.kind === 'untouched' && result.reason !== 'rate-limited');
}

/** Waiting a few hundred milliseconds cannot change these. */
function endsTheCall(result: Try): boolean {
  return result === breakerOpen || result === bulkheadFull || result === deadlinePassed;
}

function createObserver({ name: provider, logger, metrics }: ProviderCallerOptions) {
  const calls = metrics.counter({
    name: 'provider_calls_total',
    help: 'Provider calls by outcome.',
    labels: ['provider', 'outcome'],
  });
  const attempts = metrics.counter({
    name: 'provider_tries_total',
    help: 'Tries of provider calls by what they prove.',
    labels: ['provider', 'result'],
  });
  const seconds = metrics.histogram({
    name: 'provider_call_seconds',
    help: 'Duration of provider calls, waiting and retries included.',
    labels: ['provider'],
    buckets: latencyBucketsSeconds,
  });
  const isOpen = metrics.gauge({
    name: 'provider_breaker_open',
    help: '1 while the breaker of the provider is open.',
    labels: ['provider'],
  });
  isOpen.set(0, { provider });
  return {
    attempt: (result: Try) => attempts.add({ provider, result: result.kind }),
    call(outcome: ProviderOutcome, durationMs: number) {
      calls.add({ provider, outcome: outcome.kind });
      seconds.observe(durationMs / 1000, { provider });
    },
    breaker(state: 'open' | 'closed') {
      isOpen.set(state === 'open' ? 1 : 0, { provider });
      logger.warn('provider breaker changed', { provider, state });
    },
  };
}
