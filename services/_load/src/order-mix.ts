import { stableFraction } from '@checkout/kernel';

/** One order that the demo places: what it sends, and what it does afterwards. */
export type OrderPlan = {
  readonly index: number;
  readonly scenario: string;
  readonly idempotencyKey: string;
  /** Of this order alone, so that a key that placed two orders shows as a user with two. */
  readonly userId: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly cancels: boolean;
  readonly review: 'approve' | 'reject' | undefined;
};

/** In the manner of test tokens: the sandbox's providers do what these values say. */
type Scenario = {
  readonly name: string;
  /** Of a thousand orders. */
  readonly perMille: number;
  readonly userPrefix?: 'fraud' | 'review';
  readonly paymentToken?: string;
  readonly postalCode?: string;
  readonly cancels?: boolean;
  readonly review?: 'approve' | 'reject';
};

const scenarios: readonly Scenario[] = [
  { name: 'approved', perMille: 790 },
  { name: 'declined', perMille: 40, paymentToken: 'tok_decline' },
  { name: 'insufficient funds', perMille: 30, paymentToken: 'tok_insufficient_funds' },
  { name: 'fraud', perMille: 30, userPrefix: 'fraud' },
  { name: 'cancelled', perMille: 30, cancels: true },
  { name: 'capture rejected', perMille: 20, paymentToken: 'tok_capture_reject' },
  { name: 'carrier refuses', perMille: 20, postalCode: '00000' },
  { name: 'parcel lost', perMille: 20, postalCode: '99999' },
  { name: 'review approved', perMille: 10, userPrefix: 'review', review: 'approve' },
  { name: 'review rejected', perMille: 10, userPrefix: 'review', review: 'reject' },
];

const currencies = ['EUR', 'EUR', 'EUR', 'USD', 'JPY'] as const;
const maxItems = 4;
const maxQuantity = 3;
const maxUnitPrice = 50_000;
/** Steps of this size visit every part of the range evenly, so that a short run meets the rare scenarios as well. */
const goldenRatio = 0.618_033_988_749_895;

/** The order with this number. The same seed gives the same mix, whatever the run is called. */
export function planOrder({ seed, runId, index }: { seed: number; runId: string; index: number }): OrderPlan {
  const draw = (what: string) => stableFraction(`${seed}/${index}/${what}`);
  const below = (what: string, limit: number) => Math.floor(draw(what) * limit);
  const scenario = scenarioAt((stableFraction(`${seed}`) + index * goldenRatio) % 1);
  const { userPrefix = 'demo', paymentToken = 'tok_approve', postalCode = '10115' } = scenario;
  const name = `${userPrefix}-${runId}-${index}`;
  const items = Array.from({ length: 1 + below('items', maxItems) }, (_, item) => ({
    productId: `sku-${item + 1}`,
    quantity: 1 + below(`quantity ${item}`, maxQuantity),
    unitPrice: 1 + below(`price ${item}`, maxUnitPrice),
  }));
  return {
    index,
    scenario: scenario.name,
    idempotencyKey: name,
    userId: name,
    body: {
      userId: name,
      currency: currencies[below('currency', currencies.length)],
      items,
      paymentToken,
      shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode, country: 'DE' },
    },
    cancels: scenario.cancels === true,
    review: scenario.review,
  };
}

/** Whether a user is one of the run's. */
export function isOfRun(userId: string, runId: string): boolean {
  return userId.includes(`-${runId}-`);
}

function scenarioAt(fraction: number): Scenario {
  let perMille = fraction * 1000;
  for (const scenario of scenarios) {
    if (perMille < scenario.perMille) return scenario;
    perMille -= scenario.perMille;
  }
  return scenarios[0] as Scenario;
}
