import { workflow, type WorkflowContext } from '@restatedev/restate-sdk';
import type { Order, Providers } from './providers.ts';

export type Ending =
  | { readonly status: 'COMPLETED' }
  | { readonly status: 'FAILED'; readonly code: string; readonly undone: readonly string[] };

/** Between two questions where a parcel is. */
const lookEveryMs = 5_000;

/**
 * The checkout as a Restate workflow, keyed by order id: each provider call is a durable step, and what was done is undone
 * in reverse order when the order cannot be completed. A step without a clear answer is repeated by Restate, with the same
 * idempotency key, until there is one.
 */
export function createCheckoutWorkflow(providers: Providers) {
  const run = async (ctx: WorkflowContext, order: Order): Promise<Ending> => {
    const orderId = ctx.key;
    const undoing: (readonly [name: string, undo: () => Promise<string>])[] = [];
    const fail = async (code: string): Promise<Ending> => {
      const undone = undoing.toReversed();
      for (const [name, undo] of undone) await ctx.run(name, undo);
      return { status: 'FAILED', code, undone: undone.map(([name]) => name) };
    };

    // There is nobody here to review an order.
    if ((await ctx.run('score', () => providers.score(orderId, order))) !== 'approve') return fail('fraud-rejected');

    const authorized = await ctx.run('authorize', () => providers.authorize(orderId, order));
    if (authorized === 'declined') return fail('payment-declined');
    undoing.push(['void', () => providers.void(orderId)]);

    const booked = await ctx.run('book', () => providers.book(orderId, order));
    if (booked === 'rejected') return fail('shipment-rejected');
    undoing.push(['cancel', () => providers.cancel(orderId)]);

    const captured = await ctx.run('capture', () => providers.capture(orderId, order));
    if (captured === 'rejected') return fail('capture-rejected');
    // From here on the order goes forward. A parcel that gets lost is gone, and only the money comes back.
    undoing.splice(0, undoing.length, ['refund', () => providers.refund(orderId, order)]);

    await ctx.run('dispatch', () => providers.dispatch(orderId));
    for (;;) {
      const seen = await ctx.run('track', () => providers.track(orderId));
      if (seen === 'delivered') return { status: 'COMPLETED' };
      if (seen === 'lost') return fail('shipment-lost');
      await ctx.sleep(lookEveryMs);
    }
  };
  return workflow({ name: 'checkout', handlers: { run } });
}
