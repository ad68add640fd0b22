import type { Acknowledged } from '@checkout/checker';
import { stableFraction } from '@checkout/kernel';
import { type OrderPlan, planOrder } from '@checkout/load';
import type { HttpClient, HttpFailure } from '@checkout/runtime';
import type { Arena } from './arena.ts';

/** What the clients of a run have seen and done. */
export type LoadResult = {
  readonly acknowledged: readonly Acknowledged[];
  readonly clients: number;
  readonly gaveUp: number;
  /** Requests that were sent although the same one was under way or answered. */
  readonly duplicates: number;
  readonly answers: readonly Answered[];
};

/** One try to place an order, by its status or why there is none. `atMs` and `ms` are on the driver's clock. */
export type Answered = {
  readonly atMs: number;
  readonly ms: number;
  readonly status: number | HttpFailure;
  /** Of a client that waits for its answer. */
  readonly isPatient: boolean;
};

export type Load = {
  /**
   * Places nothing more, and waits until every client has its answer or has given up.
   *
   * @throws StoppedError, PlatformGoneError when a cancellation found no answer; Error when an acknowledged order was not shown
   */
  stop(): Promise<LoadResult>;
};

export type LoadOptions = {
  readonly arena: Pick<Arena, 'clock' | 'random' | 'signal' | 'addressOf' | 'client'>;
  readonly httpClient: HttpClient;
  readonly runId: string;
  readonly seed: number;
  readonly perSecond: number;
};

const duplicateShare = 0.3;
const giveUpShare = 0.1;
/** With those of the order mix, about one in twenty is asked to be cancelled. */
const moreCancelsShare = 0.02;

const requestMs = 10_000;
const maxPatienceMs = 180_000;
/** Who gives up does so before most answers have come. */
const giveUpWithinMs = 20;
const doubtWithinMs = 400;
const retryMs = { base: 100, cap: 2_000 };

/**
 * Clients that come at a steady rate, whatever became of those before: most ask until they have an answer, always with the
 * same key, and then look at their order, twice; some send everything twice; some are gone before they hear anything; some change
 * their minds.
 */
export function startLoad({ arena, httpClient, runId, seed, perSecond }: LoadOptions): Load {
  const { clock, random } = arena;
  const stopped = new AbortController();
  const over = AbortSignal.any([stopped.signal, arena.signal]);
  const acknowledged: Acknowledged[] = [];
  const answers: Answered[] = [];
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let clients = 0;
  let gaveUp = 0;
  let duplicates = 0;

  const send = async (plan: OrderPlan, timeoutMs = requestMs): Promise<string | undefined> => {
    const atMs = clock.monotonic();
    const result = await httpClient.send({
      method: 'POST',
      url: arena.addressOf('/v1/orders'),
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': plan.idempotencyKey },
      body: JSON.stringify(plan.body),
      timeoutMs,
    });
    const status = result.kind === 'response' ? result.status : result.reason;
    answers.push({ atMs, ms: clock.monotonic() - atMs, status, isPatient: timeoutMs === requestMs });
    if (result.kind !== 'response' || status !== 201) return undefined;
    const { id: orderId } = JSON.parse(result.body) as { readonly id: string };
    acknowledged.push({ userId: plan.userId, key: plan.idempotencyKey, orderId });
    return orderId;
  };

  const ask = async (plan: OrderPlan, isDoubled: boolean): Promise<string | undefined> => {
    const untilMs = clock.monotonic() + maxPatienceMs;
    for (let attempt = 1; clock.monotonic() < untilMs && !arena.signal.aborted; attempt += 1) {
      const tries = await Promise.all(isDoubled ? [send(plan), send(plan)] : [send(plan)]);
      duplicates += tries.length - 1 + (attempt > 1 ? 1 : 0);
      const orderId = tries.find((one) => one !== undefined);
      if (orderId !== undefined) return orderId;
      await clock.sleep(random.next() * Math.min(retryMs.cap, retryMs.base * 2 ** attempt));
    }
    return undefined;
  };

  const visit = async (plan: OrderPlan) => {
    const draw = (what: string) => stableFraction(`${seed}/${plan.index}/${what}`);
    if (draw('give up') < giveUpShare) {
      gaveUp += 1;
      await send(plan, 1 + draw('patience') * giveUpWithinMs);
      return;
    }
    const orderId = await ask(plan, draw('duplicate') < duplicateShare);
    if (orderId === undefined) return;
    await look(orderId);
    await clock.sleep(draw('doubt') * doubtWithinMs);
    if (plan.cancels || draw('cancel') < moreCancelsShare) {
      await arena.client.send('POST', `/v1/orders/${orderId}/cancel`);
    }
    await look(orderId);
  };

  /** Whoever has heard that an order was taken finds it, and no other. */
  const look = async (orderId: string) => {
    const { status, body } = await arena.client.get(`/v1/orders/${orderId}`);
    if (status !== 200 || (body as { readonly id?: unknown }).id !== orderId) {
      throw new Error(`order ${orderId} was acknowledged and is shown as ${status}: ${JSON.stringify(body)}`);
    }
  };

  const arrive = async () => {
    for (let index = 0; !over.aborted; index += 1) {
      clients += 1;
      const visiting = visit(planOrder({ seed, runId, index }))
        .catch((error: unknown) => void failures.push(error))
        .finally(() => underWay.delete(visiting));
      underWay.add(visiting);
      await clock.sleep(1_000 / perSecond, over);
    }
  };
  const arriving = arrive();

  return {
    async stop() {
      stopped.abort();
      await arriving;
      await Promise.all(underWay);
      if (failures.length > 0) throw failures[0];
      return { acknowledged, clients, gaveUp, duplicates, answers };
    },
  };
}

/** Tries of clients that did not give up, by what they got instead of an answer or with a 5xx: `{ "503": 2, "timeout": 1 }`. */
export function failuresOf({ answers }: Pick<LoadResult, 'answers'>): Readonly<Record<string, number>> {
  const failed = answers.filter(({ status, isPatient }) => isPatient && (typeof status === 'string' || status >= 500));
  const byStatus = Map.groupBy(failed, ({ status }) => String(status));
  return Object.fromEntries([...byStatus].map(([status, some]) => [status, some.length]));
}
