import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type LedgerRow, ours, startPayment } from './payment.driver.ts';
import { amount } from './payment.fixture.ts';

type Shop = Awaited<ReturnType<typeof startPayment>>;

const unknownDeadlineMs = 20_000;
/** Longer than anything that is under way takes, and than the longest wait of a timer. */
const quietMs = 300_000;
/** How often a saga would ask again; more means that an order is stuck. */
const maxAsks = 5;

/** Something that happens to a payment. */
type Step =
  | { readonly do: 'authorize' | 'capture' | 'release' | 'crash' | 'webhook' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'network'; readonly fault: 'refused' | 'answer-lost' | 'black-hole' | undefined }
  | { readonly do: 'provider'; readonly faults: Readonly<Record<string, number>> };

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Step>({ do: 'authorize' }, { do: 'authorize' }, { do: 'capture' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'release' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'crash' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'webhook' }) },
  { weight: 4, arbitrary: fc.constantFrom(100, 1_000, 5_000, 30_000).map((ms): Step => ({ do: 'wait', ms })) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(undefined, undefined, 'refused' as const, 'answer-lost' as const, 'black-hole' as const)
      .map((fault): Step => ({ do: 'network', fault })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        timeoutRate: fc.constantFrom(0, 0.5, 1),
        lateLandingMs: fc.constantFrom(0, 500, 5_000, 60_000),
        errorRate: fc.constantFrom(0, 0, 0.5),
        latencyMs: fc.constantFrom(0, 0, 400, 1_500),
        webhookRate: fc.constantFrom(0, 1),
        duplicateWebhookRate: fc.constantFrom(0, 1),
        wrongAmountRate: fc.constantFrom(0, 0, 0.5, 1),
      })
      .map((faults): Step => ({ do: 'provider', faults })),
  },
);

const noFaults = { timeoutRate: 0, lateLandingMs: 0, errorRate: 0, latencyMs: 0, wrongAmountRate: 0 };

/** A saga of one payment: what it has asked for, and in the end it asks until it has its answer. */
function createAsker(shop: Shop) {
  let attempt = 0;
  let isReleasing = false;
  const asked = new Set<Step['do']>();
  const ask = async (what: 'authorize' | 'capture' | 'release') => {
    const heard = await shop.heardTypes(ours);
    // As the saga does: no capture before the approval, nothing but the release once it is undone.
    if (isReleasing && what !== 'release') return;
    if (what === 'capture' && !heard.includes('PaymentApproved')) return;
    asked.add(what);
    if (what === 'release') isReleasing = true;
    attempt += 1;
    const message = {
      authorize: shop.authorizePayment(ours, { attempt }),
      capture: shop.capturePayment(ours, attempt),
      release: shop.releasePayment(ours, attempt),
    }[what];
    await shop.command(message);
  };
  const answers = {
    authorize: ['PaymentApproved', 'PaymentDeclined'],
    capture: ['PaymentCaptured', 'PaymentCaptureRejected'],
    release: ['PaymentReleased'],
  };
  return {
    ask,
    /** Asks for the last thing that matters until it is answered. */
    untilAnswered: async () => {
      const what = (['release', 'capture', 'authorize'] as const).find((each) => asked.has(each));
      if (what === undefined) return;
      for (let asks = 0; asks < maxAsks; asks += 1) {
        const heard = await shop.heardTypes(ours);
        if (answers[what].some((type) => heard.includes(type))) return;
        await ask(what);
        await shop.pass(quietMs);
      }
      throw new Error(`nobody answers to ${what}`);
    },
  };
}

async function take(shop: Shop, asker: ReturnType<typeof createAsker>, step: Step): Promise<void> {
  switch (step.do) {
    case 'authorize':
    case 'capture':
    case 'release':
      return asker.ask(step.do);
    case 'crash':
      shop.crash();
      return shop.restart();
    case 'webhook':
      await shop.webhook({ type: 'authorization.approved', reference: ours });
      return;
    case 'wait':
      return shop.pass(step.ms);
    case 'network':
      return shop.setNetwork(step.fault);
    case 'provider':
      return shop.setFaults(step.faults);
  }
}

/** What is held and what was taken, in the provider's own books. */
const moneyOf = ({ authorized, captured, refunded, voided }: LedgerRow) => ({
  live: authorized - captured - voided,
  net: captured - refunded,
});

it('whatever happens, the provider holds in the end what the saga was told, and every question is answered', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 30, size: 'max' }), async (some) => {
      const shop = await startPayment({ unknownDeadlineMs });
      const asker = createAsker(shop);
      for (const step of some) await take(shop, asker, step);
      shop.setNetwork(undefined);
      await shop.setFaults(noFaults);
      await shop.pass(quietMs);
      await asker.untilAnswered();
      await shop.pass(quietMs);

      const heard = await shop.heardTypes(ours);
      const rows = await shop.rows(ours);
      const ledger = (await shop.ledgerOf(ours)) ?? { authorized: 0, captured: 0, refunded: 0, voided: 0 };
      expect(ledger.authorized).toBeLessThanOrEqual(amount);
      expect(ledger.captured).toBeLessThanOrEqual(amount);
      expect(moneyOf(ledger)).toEqual(expectedMoney(heard));
      // One verdict each, however many may have come; and none of success behind a closed door.
      const verdicts = (types: readonly string[]) => rows.filter((type) => types.includes(type)).length;
      expect(verdicts(['PaymentApproved', 'PaymentDeclined'])).toBeLessThanOrEqual(1);
      expect(verdicts(['PaymentCaptured', 'PaymentCaptureRejected'])).toBeLessThanOrEqual(1);
      const closed = rows.indexOf('PaymentReleaseStarted');
      if (closed >= 0) expect(rows.slice(closed)).not.toContain('PaymentApproved');
      if (closed >= 0) expect(rows.slice(closed)).not.toContain('PaymentCaptured');
      expect(await shop.deadLetters()).toEqual([]);
      await shop.end();
    }),
    { numRuns: 40 },
  );
});

function expectedMoney(heard: readonly string[]): { readonly live: number; readonly net: number } {
  const has = (type: string) => heard.includes(type);
  if (has('PaymentReleased') || has('PaymentDeclined') || !has('PaymentApproved')) return { live: 0, net: 0 };
  return has('PaymentCaptured') ? { live: 0, net: amount } : { live: amount, net: 0 };
}
