import type { Dice } from '../world/dice.ts';
import type { Storm } from './faults.ts';

/** What one client does. The same person always has one order: so an order that was placed twice shows. */
export type OrderPlan = {
  readonly index: number;
  readonly userId: string;
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Virtual milliseconds at which the client first sends. */
  readonly atMs: number;
  /** Sends everything twice, at the same time. */
  readonly sendsTwice: boolean;
  /** Never sends again when it gets no usable answer. */
  readonly givesUp: boolean;
  /** Milliseconds after the answer at which it wants to cancel. */
  readonly cancelsAfterMs: number | undefined;
  /** What a reviewer says, and when, should the order need one. */
  readonly review: { readonly decision: 'approve' | 'reject'; readonly afterMs: number } | undefined;
};

/** Of so many orders one each; the others are paid, delivered and harmless. */
const rareTokens = [
  'tok_decline',
  'tok_insufficient_funds',
  'tok_capture_reject',
  'tok_timeout_lands',
  'tok_timeout_lost',
  'tok_void_fails',
] as const;
const rareToken = 0.25;
const rarePostalCodes = ['00000', '99999'] as const;
const rarePostalCode = 0.12;
const rareUsers = ['fraud', 'review', 'review'] as const;
const rareUser = 0.15;

/** So many orders during the storm, and one when it is over. */
export function planOrders(dice: Dice, storm: Storm): readonly OrderPlan[] {
  const plan = (index: number) => planOrder(dice.fork(`order ${index}`), storm, index);
  const latecomer = { ...plan(storm.orders), atMs: storm.durationMs + dice.between(1, 2_000) };
  return [...Array.from({ length: storm.orders }, (_, index) => plan(index)), latecomer];
}

function planOrder(dice: Dice, storm: Storm, index: number): OrderPlan {
  const user = dice.chance(rareUser) ? dice.pick(rareUsers) : 'u';
  const items = Array.from({ length: dice.between(1, 3) }, (_, item) => ({
    productId: `sku-${item + 1}`,
    quantity: dice.between(1, 3),
    unitPrice: dice.between(1, 5_000),
  }));
  const paymentToken = dice.chance(rareToken) ? dice.pick(rareTokens) : 'tok_approve';
  return {
    index,
    userId: `${user}-${index}`,
    key: `key-${index}`,
    body: {
      userId: `${user}-${index}`,
      currency: dice.pick(['EUR', 'USD', 'JPY']),
      items,
      paymentToken: storm.neverVoids && dice.chance(0.7) ? 'tok_void_fails' : paymentToken,
      shippingAddress: {
        name: 'A. Buyer',
        line1: 'Street 1',
        city: 'Town',
        postalCode: dice.chance(storm.neverVoids ? 0.5 : rarePostalCode) ? dice.pick(rarePostalCodes) : '10115',
        country: 'DE',
      },
    },
    atMs: dice.next() * storm.durationMs * 0.9,
    sendsTwice: dice.chance(storm.clientSendsTwice),
    givesUp: dice.chance(storm.clientGivesUp),
    cancelsAfterMs: dice.chance(storm.clientCancels) ? dice.next() ** 3 * 30_000 : undefined,
    review: dice.chance(0.7)
      ? { decision: dice.chance(0.6) ? 'approve' : 'reject', afterMs: dice.next() * 80_000 }
      : undefined,
  };
}
