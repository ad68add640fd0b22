import { type ListedOrder, listOrders, listWaiting } from '@checkout/checker';
import { isOfRun, type OrderPlan, planOrder } from '@checkout/load';
import type { Arena } from './arena.ts';

export type Settled = {
  /** Whether every order came to its end, or waits for a reviewer whom nobody plays. */
  readonly isSettled: boolean;
  /** From the call until all orders that were open then had come to their end, milliseconds. */
  readonly openAtFirstMs: number;
  readonly operatorRetries: number;
};

export type SettleOptions = {
  readonly arena: { readonly clock: Arena['clock']; readonly client: Pick<Arena['client'], 'get' | 'send'> };
  readonly runId: string;
  readonly seed: number;
  /** The instant before the first order. */
  readonly since: string;
  readonly isPlaced: () => boolean;
  readonly withinMs: number;
  /** On the driver's clock: before, something may still happen to orders that are over already. */
  readonly notBeforeMs?: number | undefined;
};

/** As I4 has it: 120 s, and the time in which an unknown outcome is resolved. */
export const settleMs = 140_000;
/** Orders that began this long before a run cannot be the run's; covers clocks that jump. */
const skewMs = 4_000_000;

const pollMs = 500;
const openStatuses = ['CREATED', 'PAID', 'SHIPPED'] as const;
const operator = { actor: 'chaos', reason: 'the fault is over' };

/** What a reviewer decides on the order of this user of the run; `undefined` when none is asked, or nobody comes. */
function plannedReview(
  run: { readonly seed: number; readonly runId: string },
  userId: string | undefined,
): OrderPlan['review'] {
  const index = Number(userId?.split('-').at(-1));
  return Number.isInteger(index) ? planOrder({ ...run, index }).review : undefined;
}

/** The instant from which orders may be those of a run that begins now. */
export function longBefore(now: number): string {
  return new Date(now - skewMs).toISOString();
}

/** How long each of a run's completed orders took, of those that had no person to wait for. */
export function durationsMs(
  orders: readonly Pick<ListedOrder, 'status' | 'userId' | 'createdAt' | 'updatedAt'>[],
  run: { readonly seed: number; readonly runId: string },
): readonly number[] {
  return orders
    .filter(({ status, userId }) => status === 'COMPLETED' && plannedReview(run, userId) === undefined)
    .map(({ createdAt, updatedAt }) => Date.parse(updatedAt) - Date.parse(createdAt));
}

/**
 * Waits until every order of the run is at its end. Plays the people meanwhile: a reviewer who decides as the order's plan
 * says, and an operator who tries again what could not be undone.
 */
export async function settle(options: SettleOptions): Promise<Settled> {
  const { arena, runId, seed, since, isPlaced, withinMs, notBeforeMs = 0 } = options;
  const { client, clock } = arena;
  const startedAtMs = clock.monotonic();
  let first: ReadonlySet<string> | undefined;
  let openAtFirstMs: number | undefined;
  let operatorRetries = 0;

  const openOrders = async () => {
    const open = new Map<string, string>();
    for (const status of openStatuses) {
      for await (const { id, userId } of listOrders(client.get, { since, status })) {
        if (isOfRun(userId, runId)) open.set(id, userId);
      }
    }
    return open;
  };
  /** Completed orders that somebody wanted to cancel and was not told anything yet. */
  const unanswered = async () => {
    const orders = new Map<string, string>();
    for await (const { id, userId, cancellation } of listOrders(client.get, { since, status: 'COMPLETED' })) {
      if (cancellation === 'requested' && isOfRun(userId, runId)) orders.set(id, userId);
    }
    return orders;
  };
  /** The orders that wait for a reviewer who will not come. */
  const review = async (open: ReadonlyMap<string, string>) => {
    const left = new Set<string>();
    for (const orderId of await listWaiting(client.get, 'reviewer')) {
      const decision = plannedReview({ seed, runId }, open.get(orderId));
      if (decision === undefined) left.add(orderId);
      else await client.send('POST', `/v1/reviews/${orderId}/${decision}`);
    }
    return left;
  };

  for (;;) {
    const wasPlaced = isPlaced();
    const unfinished = await openOrders();
    const open = unfinished.size === 0 ? await unanswered() : unfinished;
    const left = open.size === 0 ? new Set<string>() : await review(open);
    for (const orderId of open.size === 0 ? [] : await listWaiting(client.get, 'operator')) {
      if (!open.has(orderId)) continue;
      operatorRetries += 1;
      await client.send('POST', `/v1/sagas/${orderId}/retry`, { body: operator });
    }
    const moving = [...open.keys()].filter((orderId) => !left.has(orderId));
    first ??= new Set(moving);
    const nowMs = clock.monotonic() - startedAtMs;
    if (openAtFirstMs === undefined && !moving.some((orderId) => first?.has(orderId))) openAtFirstMs = nowMs;
    const isOver = wasPlaced && moving.length === 0 && clock.monotonic() >= notBeforeMs;
    if (isOver || nowMs > withinMs) {
      return { isSettled: moving.length === 0, openAtFirstMs: openAtFirstMs ?? nowMs, operatorRetries };
    }
    await clock.sleep(pollMs);
  }
}
