import { toOrderId } from '@checkout/kernel';
import { describe, expect, it } from 'vitest';
import { amount, currency, histories, request, stateAfter } from '../../test/payment.fixture.ts';
import { createPaymentGatewayTwin } from '../../test/payment-gateway.twin.ts';
import type { PaymentState } from '../domain/payment.ts';
import { resolveAuthorization, resolveCapture } from './resolve.ts';

const orderId = toOrderId('0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01');
const charge = { orderId, amount, currency };

function setup() {
  const twin = createPaymentGatewayTwin();
  const ports = { gateway: twin, lookup: twin };
  const authorizing = stateAfter(...histories.AUTHORIZING) as Extract<PaymentState, { status: 'AUTHORIZING' }>;
  const capturing = stateAfter(...histories.CAPTURING) as Extract<PaymentState, { status: 'CAPTURING' }>;
  return {
    twin,
    authorize: (paymentToken = 'tok_approve') => twin.authorize({ ...charge, paymentToken }),
    askForAuthorization: (mayResend = true) => resolveAuthorization(ports, orderId, authorizing, mayResend),
    askForCapture: (mayResend = true) => resolveCapture(ports, orderId, capturing, mayResend),
  };
}

const open = { kind: 'open' };
const settled = (result: object) => ({ kind: 'settled', result });

describe('an unknown authorisation', () => {
  it('that the provider has is what it is', async () => {
    const { twin, authorize, askForAuthorization } = setup();
    await authorize();
    expect(await askForAuthorization()).toEqual(
      settled({ kind: 'approved', authorizationId: orderId, amount, currency }),
    );
    expect(twin.calls).toEqual(['authorize', 'find']);
  });

  it.each([
    ['tok_decline', 'payment-declined'],
    ['tok_insufficient_funds', 'insufficient-funds'],
  ])('that was declined (%s) is declined with its code', async (token, code) => {
    const { authorize, askForAuthorization } = setup();
    await authorize(token);
    expect(await askForAuthorization()).toMatchObject(settled({ kind: 'declined', code }));
  });

  it('that was voided at the provider is declined', async () => {
    const { twin, authorize, askForAuthorization } = setup();
    await authorize();
    await twin.void({ orderId });
    expect(await askForAuthorization()).toMatchObject(settled({ kind: 'declined' }));
  });

  it('that the provider does not have is sent again, and settles when it answers', async () => {
    const { twin, askForAuthorization } = setup();
    expect(await askForAuthorization()).toMatchObject(settled({ kind: 'approved', amount, currency }));
    expect(twin.calls).toEqual(['find', 'authorize']);
  });

  it('is not sent again with a key that the provider may have forgotten', async () => {
    const { twin, askForAuthorization } = setup();
    expect(await askForAuthorization(false)).toEqual(open);
    expect(twin.calls).toEqual(['find']);
  });

  it.each(['refused', 'lost', 'answer-lost'] as const)(
    'stays open when the question is %s, and nothing is sent',
    async (fault) => {
      const { twin, askForAuthorization } = setup();
      twin.script('find', fault);
      expect(await askForAuthorization()).toEqual(open);
      expect(twin.calls).toEqual(['find']);
    },
  );

  it.each(['refused', 'lost', 'answer-lost', 'late'] as const)(
    'stays open when what is sent again is %s',
    async (fault) => {
      const { twin, askForAuthorization } = setup();
      twin.script('authorize', fault);
      expect(await askForAuthorization()).toEqual(open);
    },
  );

  it('is told with the figures of the provider, whatever they are', async () => {
    const { twin, askForAuthorization } = setup();
    await twin.authorize({ orderId, amount: 1, currency: 'USD', paymentToken: 'tok_approve' });
    expect(await askForAuthorization()).toMatchObject(settled({ kind: 'approved', amount: 1, currency: 'USD' }));
  });
});

describe('an unknown capture', () => {
  const authorized = async () => {
    const world = setup();
    await world.authorize();
    return world;
  };

  it('that the provider has is what it is', async () => {
    const { twin, askForCapture } = await authorized();
    await twin.capture(charge);
    expect(await askForCapture()).toEqual(settled({ kind: 'captured', captureId: orderId, amount, currency }));
  });

  it('that was rejected is rejected', async () => {
    const { twin, authorize, askForCapture } = setup();
    await authorize('tok_capture_reject');
    await twin.capture(charge);
    expect(await askForCapture()).toMatchObject(settled({ kind: 'rejected' }));
  });

  it('of an authorisation that was voided is rejected, and not sent again', async () => {
    const { twin, askForCapture } = await authorized();
    await twin.void({ orderId });
    expect(await askForCapture()).toMatchObject(settled({ kind: 'rejected' }));
    expect(twin.calls).not.toContain('capture');
  });

  it('that has not happened is sent again, and settles when it answers', async () => {
    const { twin, askForCapture } = await authorized();
    expect(await askForCapture()).toMatchObject(settled({ kind: 'captured', amount, currency }));
    expect(twin.books(orderId)).toMatchObject({ captured: amount });
  });

  it('is not sent again with a key that the provider may have forgotten', async () => {
    const { twin, askForCapture } = await authorized();
    expect(await askForCapture(false)).toEqual(open);
    expect(twin.calls).not.toContain('capture');
  });

  it.each(['refused', 'lost'] as const)('stays open when the question is %s, and nothing is sent', async (fault) => {
    const { twin, askForCapture } = await authorized();
    twin.script('find', fault);
    expect(await askForCapture()).toEqual(open);
    expect(twin.calls).not.toContain('capture');
  });

  it.each(['refused', 'lost', 'answer-lost', 'late'] as const)(
    'stays open when what is sent again is %s',
    async (fault) => {
      const { twin, askForCapture } = await authorized();
      twin.script('capture', fault);
      expect(await askForCapture()).toEqual(open);
    },
  );

  it('is told with the figures of the provider, whatever they are', async () => {
    const { twin, askForCapture } = setup();
    const theirs = { orderId, amount: 1, currency: 'USD' };
    await twin.authorize({ ...theirs, paymentToken: request.paymentToken });
    await twin.capture(theirs);
    expect(await askForCapture()).toMatchObject(settled({ kind: 'captured', amount: 1, currency: 'USD' }));
  });
});
