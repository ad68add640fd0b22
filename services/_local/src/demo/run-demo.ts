import { randomBytes } from 'node:crypto';
import { check, type Evidence, readEvidence } from '@checkout/checker';
import type { Clock } from '@checkout/kernel';
import { isOfRun, type OrderPlan, planOrder, type PlatformClient } from '@checkout/load';
import { followOrders } from './follow-orders.ts';
import type { DemoRun } from './demo-arguments.ts';
import { type PlacedOrder, placeOrders } from './place-orders.ts';
import type { ProgressBar } from '@checkout/cli';
import { createReport, type RunReport } from './report.ts';

/** Orders that began this long before the run cannot be the run's; covers two clocks that differ. */
const clockSkewMs = 60_000;
const runIdBytes = 4;

/**
 * Places the orders, follows them to their end, and checks the invariants: above all the providers' books.
 *
 * @throws StoppedError, PlatformGoneError, RefusedError
 */
export async function runDemo(
  run: Pick<DemoRun, 'orders' | 'concurrency' | 'seed'>,
  deps: {
    readonly client: PlatformClient;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly progress: ProgressBar;
  },
): Promise<RunReport> {
  const { orders, concurrency, seed } = run;
  const { client, clock, signal, progress } = deps;
  const runId = randomBytes(runIdBytes).toString('hex');
  const since = new Date(clock.now() - clockSkewMs).toISOString();
  const startedAtMs = clock.monotonic();
  const placed = new Map<string, OrderPlan>();
  const accepted: PlacedOrder[] = [];
  let open = 0;
  let placedAllAtMs: number | undefined;
  const show = () => {
    const finished = Math.max(0, accepted.length - open);
    const text = `${accepted.length} of ${orders} orders placed, ${finished} at their end`;
    progress.update({ total: orders, finished, underWay: accepted.length - finished, text });
  };

  const placing = placeOrders({
    client,
    clock,
    concurrency,
    plans: plansOf(orders, (index) => planOrder({ seed, runId, index })),
    onPlaced(order) {
      accepted.push(order);
      placed.set(order.orderId, order.plan);
      open += 1;
      show();
    },
  }).then(() => {
    placedAllAtMs = clock.monotonic();
  });
  const following = followOrders({
    client,
    clock,
    signal,
    since,
    placed,
    isPlaced: () => placedAllAtMs !== undefined,
    onOpen(count) {
      open = count;
      show();
    },
  });
  await Promise.all([placing, following]);
  const endedAtMs = clock.monotonic();

  const evidence = await gatherEvidence({ client, runId, since, accepted });
  return createReport({
    orders,
    evidence,
    violations: check(evidence),
    acceptMs: accepted.map(({ acceptMs }) => acceptMs),
    completionMs: completionTimes(evidence),
    placingMs: (placedAllAtMs ?? endedAtMs) - startedAtMs,
    untilTheEndMs: endedAtMs - startedAtMs,
    stats: client.stats(),
  });
}

/** Of the run's orders and no others. A history for each of thousands of orders would take longer than the run. */
async function gatherEvidence(options: {
  readonly client: PlatformClient;
  readonly runId: string;
  readonly since: string;
  readonly accepted: readonly PlacedOrder[];
}): Promise<Evidence> {
  const { client, runId, since, accepted } = options;
  const found = await readEvidence(client.get, {
    since,
    isOfRun: (userId) => isOfRun(userId, runId),
    histories: false,
    logs: false,
  });
  const acknowledged = accepted.map(({ plan, orderId }) => ({
    userId: plan.userId,
    key: plan.idempotencyKey,
    orderId,
  }));
  return { ...found, acknowledged };
}

/** From an order's first event to its last, by the platform's clock, milliseconds; of the completed orders. */
function completionTimes({ orders }: Evidence): readonly number[] {
  return orders
    .filter(({ status }) => status === 'COMPLETED')
    .map(({ createdAt, updatedAt }) => Date.parse(updatedAt) - Date.parse(createdAt));
}

function* plansOf(count: number, plan: (index: number) => OrderPlan): Iterable<OrderPlan> {
  for (let index = 0; index < count; index += 1) yield plan(index);
}
