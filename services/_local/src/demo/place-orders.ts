import type { Clock } from '@checkout/kernel';
import type { OrderPlan, PlatformClient } from '@checkout/load';
import { z } from 'zod';

export type PlacedOrder = {
  readonly plan: OrderPlan;
  readonly orderId: string;
  /** From the first attempt to the 201, milliseconds. */
  readonly acceptMs: number;
};

/** The platform refused an order that it should have taken. `message` is one line for people. */
class RefusedError extends Error {
  constructor(plan: OrderPlan, status: number, body: unknown) {
    super(`order ${plan.index} (${plan.scenario}) was refused with ${status}: ${JSON.stringify(body)}`);
    this.name = 'RefusedError';
  }
}

const AcceptedSchema = z.object({ id: z.string() });

/**
 * Places the orders, `concurrency` at a time, and asks to cancel those that are planned so.
 *
 * @param onPlaced called for each acknowledged order, in no order
 * @throws RefusedError, StoppedError, PlatformGoneError
 */
export async function placeOrders(options: {
  readonly client: PlatformClient;
  readonly clock: Clock;
  readonly plans: Iterable<OrderPlan>;
  readonly concurrency: number;
  readonly onPlaced: (placed: PlacedOrder) => void;
}): Promise<void> {
  const { client, clock, plans, concurrency, onPlaced } = options;
  const queue = plans[Symbol.iterator]();

  const place = async (plan: OrderPlan) => {
    const startedAtMs = clock.monotonic();
    const headers = { 'Idempotency-Key': plan.idempotencyKey };
    const { status, body } = await client.send('POST', '/v1/orders', { body: plan.body, headers });
    const accepted = AcceptedSchema.safeParse(body);
    if (status !== 201 || !accepted.success) throw new RefusedError(plan, status, body);
    const { id: orderId } = accepted.data;
    onPlaced({ plan, orderId, acceptMs: clock.monotonic() - startedAtMs });
    // Asked too late it is refused, and the order goes on: both are fine.
    if (plan.cancels) await client.send('POST', `/v1/orders/${orderId}/cancel`);
  };

  const work = async () => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await place(next.value);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
