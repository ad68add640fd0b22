import { listOrders, listWaiting } from '@checkout/checker';
import type { Clock } from '@checkout/kernel';
import type { OrderPlan, PlatformClient } from '@checkout/load';

export type FollowOptions = {
  readonly client: PlatformClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The instant before the first order. */
  readonly since: string;
  /** The run's orders that were acknowledged so far. */
  readonly placed: ReadonlyMap<string, OrderPlan>;
  /** Whether all orders are placed. */
  readonly isPlaced: () => boolean;
  /** How many of the placed orders are not at their end. */
  readonly onOpen: (open: number) => void;
};

/** `stalled`: nothing has moved for `stallMs`, and orders are open that wait for nobody. */
export type Followed = { readonly outcome: 'settled' | 'stalled'; readonly open: ReadonlySet<string> };

const pollMs = 500;
/** Asking may take this share of the time: a long list of open orders is read less often. */
const pollShare = 0.2;
/** Longer than any outcome stays unknown (20 s) and any retry waits (60 s), both together and twice. */
const stallMs = 180_000;

/** Open states in the order in which an order passes them: one that moves while we read is seen at the latest in the next. */
const openStatuses = ['CREATED', 'PAID', 'SHIPPED'] as const;

/**
 * Waits until every placed order is at its end, or waits for an operator. Reads lists of open orders only, and plays the
 * reviewer.
 *
 * @throws StoppedError, PlatformGoneError
 */
export async function followOrders(options: FollowOptions): Promise<Followed> {
  const { client, clock, signal, placed, isPlaced, onOpen } = options;
  let last = '';
  let movedAtMs = clock.monotonic();
  for (;;) {
    const beganAtMs = clock.monotonic();
    const wasPlaced = isPlaced();
    await decideReviews(client, placed);
    const open = await openOrders(options);
    onOpen(open.size);
    if (wasPlaced) {
      const operators = open.size === 0 ? new Set<string>() : await listWaiting(client.get, 'operator');
      if ([...open].every((orderId) => operators.has(orderId))) return { outcome: 'settled', open };
    }
    const now = `${placed.size} ${[...open].join()}`;
    if (now !== last) movedAtMs = clock.monotonic();
    last = now;
    const endedAtMs = clock.monotonic();
    if (endedAtMs - movedAtMs > stallMs) return { outcome: 'stalled', open };
    await clock.sleep(Math.max(pollMs, (endedAtMs - beganAtMs) / pollShare), signal);
  }
}

async function openOrders({ client, since, placed }: FollowOptions): Promise<ReadonlySet<string>> {
  const open = new Set<string>();
  for (const status of openStatuses) {
    for await (const { id } of listOrders(client.get, { since, status })) if (placed.has(id)) open.add(id);
  }
  return open;
}

async function decideReviews(client: PlatformClient, placed: ReadonlyMap<string, OrderPlan>): Promise<void> {
  for (const orderId of await listWaiting(client.get, 'reviewer')) {
    const decision = placed.get(orderId)?.review;
    if (decision !== undefined) await client.send('POST', `/v1/reviews/${orderId}/${decision}`);
  }
}
