import { toOrderId } from '@checkout/kernel';
import { describe, expect, it } from 'vitest';
import { amount, currency, type HistoryName, paymentIn, request } from '../../test/payment.fixture.ts';
import { createPaymentGatewayTwin } from '../../test/payment-gateway.twin.ts';
import { heldOf } from '../domain/payment.ts';
import type { ProviderRecord } from './ports/payment-gateway.port.ts';
import { release, verifyReleased } from './release.ts';

const orderId = toOrderId('0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01');
const charge = { orderId, amount, currency };

/** A provider on which some operations have been carried out, and a release of what we know of them. */
async function after(...operations: readonly ('authorize' | 'capture' | 'void')[]) {
  const twin = createPaymentGatewayTwin();
  for (const operation of operations) {
    await {
      authorize: () => twin.authorize({ ...charge, ...request }),
      capture: () => twin.capture(charge),
      void: () => twin.void(charge),
    }[operation]();
  }
  const before = twin.calls.length;
  return {
    twin,
    releaseIn: (name: HistoryName) => release(twin, twin, orderId, heldOf(paymentIn(name))),
    verifyIn: (name: HistoryName) => verifyReleased(twin, orderId, heldOf(paymentIn(name))),
    callsSince: () => twin.calls.slice(before),
    books: () => twin.books(orderId),
  };
}

const released = (voided: number, refunded: number) => ({ kind: 'confirmed', voided, refunded });
const notReleased = (reason: string): unknown => expect.objectContaining({ kind: 'not-confirmed', reason });

describe('a release', () => {
  it('voids what is held, and asks whether it is so', async () => {
    const { releaseIn, callsSince } = await after('authorize');
    expect(await releaseIn('AUTHORIZED')).toEqual(released(amount, 0));
    expect(callsSince()).toEqual(['void', 'find']);
  });

  it('refunds what is known to be captured, and does not try to void it', async () => {
    const { releaseIn, callsSince } = await after('authorize', 'capture');
    expect(await releaseIn('CAPTURED')).toEqual(released(0, amount));
    expect(callsSince()).toEqual(['find', 'refund', 'find']);
  });

  it('of what nobody knows of leaves a tombstone before it asks', async () => {
    const { twin, releaseIn, callsSince } = await after();
    expect(await releaseIn('NONE')).toEqual(released(0, 0));
    expect(callsSince()).toEqual(['void', 'find']);
    expect(await twin.authorize({ ...charge, ...request })).toMatchObject({ kind: 'declined' });
  });

  it('voids an authorisation that landed and was never heard of', async () => {
    const { releaseIn, books } = await after('authorize');
    expect(await releaseIn('AUTHORIZING')).toEqual(released(amount, 0));
    expect(books()).toMatchObject({ authorized: amount, voided: amount });
  });

  it('refunds a capture that landed and was never heard of', async () => {
    const { releaseIn, callsSince, books } = await after('authorize', 'capture');
    expect(await releaseIn('CAPTURING')).toEqual(released(0, amount));
    expect(callsSince()).toEqual(['void', 'find', 'refund', 'find']);
    expect(books()).toMatchObject({ captured: amount, refunded: amount });
  });

  it('closes the door to a capture that is still under way', async () => {
    const { twin, releaseIn, books } = await after('authorize');
    twin.script('capture', 'late');
    await twin.capture(charge);
    expect(await releaseIn('CAPTURING')).toEqual(released(amount, 0));
    twin.land();
    expect(books()).toMatchObject({ captured: 0, voided: amount });
  });

  it('that is repeated acts on nothing and says the same', async () => {
    const { releaseIn, books } = await after('authorize', 'capture');
    const first = await releaseIn('CAPTURING');
    expect(await releaseIn('CAPTURING')).toEqual(first);
    expect(books()).toMatchObject({ refunded: amount });
  });
});

describe('a release is not confirmed', () => {
  it.each([
    ['refused', 'void: connect-failed'],
    ['lost', 'void: timeout'],
    ['late', 'void: timeout'],
  ] as const)('when the void is %s', async (fault, reason) => {
    const { twin, releaseIn } = await after('authorize');
    twin.script('void', fault);
    expect(await releaseIn('AUTHORIZED')).toEqual(notReleased(reason));
  });

  it('when the void of what nobody knows of gets no answer: that the provider has nothing is no tombstone', async () => {
    const { twin, releaseIn } = await after();
    twin.script('void', 'lost');
    expect(await releaseIn('NONE')).toEqual(notReleased('void: timeout'));
  });

  it.each(['refused', 'lost'] as const)('when the question behind the void is %s', async (fault) => {
    const { twin, releaseIn } = await after('authorize');
    twin.script('find', fault);
    expect(await releaseIn('AUTHORIZED')).toMatchObject({ kind: 'not-confirmed' });
  });

  it.each(['refused', 'lost', 'late'] as const)('when the refund is %s', async (fault) => {
    const { twin, releaseIn } = await after('authorize', 'capture');
    twin.script('refund', fault);
    expect(await releaseIn('CAPTURED')).toMatchObject({ kind: 'not-confirmed' });
  });

  it('when the refund is rejected', async () => {
    const { twin, releaseIn } = await after('authorize', 'capture');
    const rejecting = { ...twin, refund: async () => ({ kind: 'rejected' as const, detail: 'closed account' }) };
    expect(await release(rejecting, twin, orderId, heldOf(paymentIn('CAPTURED')))).toEqual(
      notReleased('refund rejected: closed account'),
    );
    expect(await releaseIn('CAPTURED')).toEqual(released(0, amount));
  });

  it('when the provider still holds an authorisation after it said that it voided it', async () => {
    const { twin } = await after('authorize');
    const lying = { ...twin, void: async () => ({ kind: 'voided' as const }) };
    expect(await release(lying, twin, orderId, heldOf(paymentIn('AUTHORIZED')))).toMatchObject({
      kind: 'not-confirmed',
    });
  });

  it('when the provider does not know what it told us it held', async () => {
    const { releaseIn } = await after();
    expect(await releaseIn('CAPTURED')).toEqual(notReleased('the provider does not know of the payment'));
  });
});

describe('a provider that has other figures than we', () => {
  /** What the provider has is told with these changes. */
  const misquoting = (twin: ReturnType<typeof createPaymentGatewayTwin>, told: Partial<ProviderRecord>) => ({
    ...twin,
    find: async () => ({ ...(await twin.find(orderId)), ...told }) as ProviderRecord,
  });
  const other = 'the provider has other figures than we';

  it.each([
    ['less', { captured: 1 }],
    ['more', { captured: amount + 1 }],
    ['another currency', { currency: 'USD' }],
    ['a part refunded', { refunded: 1 }],
  ])('is asked for no refund when it says that it took %s, and later for all of it', async (_what, told) => {
    const { twin, releaseIn, callsSince, books } = await after('authorize', 'capture');
    for (const name of ['CAPTURED', 'CAPTURING'] as const) {
      const result = await release(twin, misquoting(twin, told), orderId, heldOf(paymentIn(name)));
      expect(result).toEqual(notReleased(other));
    }
    expect(callsSince()).not.toContain('refund');
    expect(await releaseIn('CAPTURED')).toEqual(released(0, amount));
    expect(books()).toMatchObject({ captured: amount, refunded: amount });
  });

  it.each([
    ['nothing', { authorized: 0, captured: 0 }],
    ['less, and all of it voided', { authorized: 1, captured: 0, voided: 1 }],
    ['more, and all of it refunded', { authorized: amount + 1, captured: amount + 1, refunded: amount + 1 }],
  ])('is not believed that all is undone when it says that there was %s', async (_what, told) => {
    const { twin } = await after('authorize', 'capture');
    const lookup = misquoting(twin, told);
    for (const name of ['CAPTURED', 'CAPTURING'] as const) {
      const held = heldOf(paymentIn(name));
      expect(await release(twin, lookup, orderId, held)).toMatchObject({ kind: 'not-confirmed' });
      expect(await verifyReleased(lookup, orderId, held)).toEqual(notReleased(other));
    }
    expect(twin.books(orderId)).toMatchObject({ refunded: 0 });
  });

  it('is not believed behind a void whose answer is lost', async () => {
    const { twin } = await after('authorize');
    twin.script('void', 'answer-lost');
    const lookup = misquoting(twin, { authorized: 1, voided: 1 });
    expect(await release(twin, lookup, orderId, heldOf(paymentIn('AUTHORIZED')))).toEqual(notReleased('void: timeout'));
  });
});

describe('a void whose answer is lost', () => {
  it('is believed when the books show it', async () => {
    const { twin, releaseIn } = await after('authorize');
    twin.script('void', 'answer-lost');
    expect(await releaseIn('AUTHORIZED')).toEqual(released(amount, 0));
  });

  it('after a capture that was never heard of is no release', async () => {
    const { twin, releaseIn } = await after('authorize', 'capture');
    twin.script('void', 'answer-lost');
    expect(await releaseIn('CAPTURING')).toMatchObject({ kind: 'not-confirmed' });
    expect(await releaseIn('CAPTURING')).toEqual(released(0, amount));
  });
});

describe('to verify', () => {
  it('only asks', async () => {
    const { verifyIn, callsSince } = await after('authorize', 'void');
    expect(await verifyIn('RELEASING for the saga')).toEqual(released(amount, 0));
    expect(callsSince()).toEqual(['find']);
  });

  it.each([
    ['held', ['authorize']],
    ['captured', ['authorize', 'capture']],
  ] as const)('finds money that is %s', async (_name, operations) => {
    const { verifyIn } = await after(...operations);
    expect(await verifyIn('RELEASING for the saga')).toEqual(notReleased('the provider still holds money'));
  });

  it.each(['refused', 'lost'] as const)('proves nothing when the question is %s', async (fault) => {
    const { twin, verifyIn } = await after('authorize', 'void');
    twin.script('find', fault);
    expect(await verifyIn('RELEASING for the saga')).toMatchObject({ kind: 'not-confirmed' });
  });

  it.each(['AUTHORIZING', 'RELEASING an unknown authorisation', 'AUTHORIZED'] as const)(
    'proves nothing when the provider has nothing and a charge may be under way (%s)',
    async (name) => {
      const { verifyIn } = await after();
      expect(await verifyIn(name)).toEqual(notReleased('the provider does not know of the payment'));
    },
  );

  it.each(['NONE', 'DECLINED'] as const)(
    'is enough when the provider has nothing and nothing was asked (%s)',
    async (name) => {
      const { verifyIn } = await after();
      expect(await verifyIn(name)).toEqual(released(0, 0));
    },
  );
});
