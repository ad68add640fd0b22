import type { OrderId } from '@checkout/kernel';
import { createSeededIds } from '@checkout/kernel/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PaymentGateway, PaymentLookup } from '../src/application/ports/payment-gateway.port.ts';

/** What happens to the calls from now on: see the twin. */
export type LineFault = 'none' | 'refused' | 'answer-lost' | 'lost';

/** A gateway, the line to its provider, and time. Knows the sandbox's tokens. */
export type PaymentGatewayWorld = {
  readonly gateway: PaymentGateway & PaymentLookup;
  readonly setLine: (fault: LineFault) => void;
  /** The next authorisation gets no answer and arrives at `land`. */
  readonly delayAuthorization: () => Promise<void>;
  readonly land: () => Promise<void>;
  /** Lets time pass until the call is over. */
  readonly over: <Value>(call: Promise<Value>) => Promise<Value>;
  readonly close: () => Promise<void>;
};

const ids = createSeededIds();

/** What a payment gateway owes, whatever provider is behind it. Run on each adapter and on the twin. */
export function describePaymentGateway(name: string, createWorld: () => Promise<PaymentGatewayWorld>): void {
  describe(`payment gateway: ${name}`, () => {
    let world: PaymentGatewayWorld;
    let orderId: OrderId;
    beforeEach(async () => {
      world = await createWorld();
      orderId = ids.uuid() as OrderId;
    });
    afterEach(() => world.close());

    const money = { amount: 3_998, currency: 'EUR' };
    const authorize = (paymentToken = 'tok_approve') =>
      world.over(world.gateway.authorize({ orderId, ...money, paymentToken }));
    const capture = (amount = money.amount) => world.over(world.gateway.capture({ orderId, ...money, amount }));
    const undo = () => world.over(world.gateway.void({ orderId }));
    const refund = (amount = money.amount) => world.over(world.gateway.refund({ orderId, ...money, amount }));
    const find = () => world.over(world.gateway.find(orderId));
    const nothing = { authorized: 0, captured: 0, refunded: 0, voided: 0 };
    const reserved = { ...nothing, authorized: money.amount };

    describe('an authorisation', () => {
      it('that is approved says how much, and is found', async () => {
        expect(await authorize()).toEqual({ kind: 'approved', authorizationId: expect.any(String), ...money });
        expect(await find()).toEqual({
          kind: 'found',
          currency: 'EUR',
          authorization: 'approved',
          capture: 'none',
          ...reserved,
        });
      });

      it('that is repeated gets the same answer and holds the money once', async () => {
        const first = await authorize();
        expect(await authorize()).toEqual(first);
        expect(await find()).toMatchObject(reserved);
      });

      it.each([
        ['tok_decline', 'payment-declined'],
        ['tok_insufficient_funds', 'insufficient-funds'],
      ])('with %s is declined with %s, and found so', async (token, code) => {
        expect(await authorize(token)).toEqual({ kind: 'declined', code, detail: expect.any(String) });
        expect(await find()).toMatchObject({ authorization: 'declined', declineCode: code, ...nothing });
      });
    });

    it('of a payment that it has not heard of it says that it is absent', async () => {
      expect(await find()).toEqual({ kind: 'absent' });
    });

    describe('a capture', () => {
      it('takes what is held, once', async () => {
        await authorize();
        const first = await capture();
        expect(first).toEqual({ kind: 'captured', captureId: expect.any(String), ...money });
        expect(await capture()).toEqual(first);
        expect(await find()).toMatchObject({ capture: 'captured', ...reserved, captured: money.amount });
      });

      it('of nothing is rejected', async () => {
        expect(await capture()).toMatchObject({ kind: 'rejected' });
      });

      it('of a payment that the issuer blocks is rejected, and found so', async () => {
        await authorize('tok_capture_reject');
        expect(await capture()).toMatchObject({ kind: 'rejected' });
        expect(await find()).toMatchObject({ capture: 'rejected', ...reserved });
      });

      it('after a void is rejected', async () => {
        await authorize();
        await undo();
        expect(await capture()).toMatchObject({ kind: 'rejected' });
        expect(await find()).toMatchObject({ ...reserved, voided: money.amount });
      });
    });

    describe('a void', () => {
      it('ends what is held, and does so again without harm', async () => {
        await authorize();
        expect(await undo()).toEqual({ kind: 'voided' });
        expect(await undo()).toEqual({ kind: 'voided' });
        expect(await find()).toMatchObject({ authorization: 'voided', ...reserved, voided: money.amount });
      });

      it('of nothing leaves a tombstone: an authorisation that comes later is declined', async () => {
        expect(await undo()).toEqual({ kind: 'voided' });
        expect(await authorize()).toMatchObject({ kind: 'declined' });
        expect(await find()).toMatchObject({ authorization: 'voided', ...nothing });
      });

      it('after a capture is too late', async () => {
        await authorize();
        await capture();
        expect(await undo()).toEqual({ kind: 'already-captured' });
        expect(await find()).toMatchObject({ captured: money.amount, voided: 0 });
      });
    });

    describe('a refund', () => {
      it('gives back what was captured, once', async () => {
        await authorize();
        await capture();
        expect(await refund()).toEqual({ kind: 'refunded' });
        expect(await refund()).toEqual({ kind: 'refunded' });
        expect(await find()).toMatchObject({ captured: money.amount, refunded: money.amount });
      });

      it('of more than was captured is rejected', async () => {
        await authorize();
        await capture();
        expect(await refund(money.amount + 1)).toMatchObject({ kind: 'rejected' });
        expect(await find()).toMatchObject({ refunded: 0 });
      });
    });

    describe('an authorisation that gets no answer and lands later', () => {
      it('is unknown, absent until then, and there afterwards; sent again it is the same one', async () => {
        await world.delayAuthorization();
        expect(await authorize()).toMatchObject({ kind: 'unknown' });
        expect(await find()).toEqual({ kind: 'absent' });
        await world.land();
        expect(await find()).toMatchObject({ authorization: 'approved', ...reserved });
        expect(await authorize()).toMatchObject({ kind: 'approved', ...money });
        expect(await find()).toMatchObject(reserved);
      });

      it('lands void when it was voided before', async () => {
        await world.delayAuthorization();
        await authorize();
        expect(await undo()).toEqual({ kind: 'voided' });
        await world.land();
        expect(await find()).toMatchObject({ authorization: 'voided', ...nothing });
      });
    });

    const operations = { authorize, capture, undo, refund, find };
    describe.each(Object.keys(operations) as (keyof typeof operations)[])('%s', (operation) => {
      /** A payment on which the operation can act. */
      const prepare = async () => {
        if (operation !== 'authorize') await authorize();
        if (operation === 'refund') await capture();
      };

      it('is unavailable when nobody can be reached, and has done nothing', async () => {
        await prepare();
        const before = await find();
        world.setLine('refused');
        expect(await operations[operation]()).toMatchObject({ kind: 'unavailable' });
        world.setLine('none');
        expect(await find()).toEqual(before);
      });

      it('is unknown when the answer is lost, and may have acted', async () => {
        await prepare();
        world.setLine('answer-lost');
        expect(await operations[operation]()).toMatchObject({ kind: 'unknown' });
        world.setLine('none');
        const after = await find();
        await operations[operation]();
        expect(await find()).toEqual(after);
      });

      it('is unknown when nobody answers', async () => {
        await prepare();
        world.setLine('lost');
        expect(await operations[operation]()).toMatchObject({ kind: 'unknown' });
      });
    });
  });
}
