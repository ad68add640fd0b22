import type { MessageData, MessageType, RawMessage } from '@checkout/contracts';
import { anOrder } from '@checkout/event-log/testing';
import { createVirtualClock } from '@checkout/kernel/testing';
import { startService } from '@checkout/messaging/testing';
import { createAppHttpClient, createSilentLogger } from '@checkout/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { composeOrchestrator } from '../src/composition.ts';

const ours = anOrder(0, 1);
const dayMs = 86_400_000;
const policy = { retryBaseMs: 1_000, retryCapMs: 60_000, stepTries: 2, undoTries: 6, reviewDeadlineMs: dayMs };
const money = { amount: 3998, currency: 'EUR' } as const;
const failure = { code: 'provider-unavailable', step: 'capture-payment', detail: 'reset' } as const;

/** The orchestrator as it is composed for production, on virtual time; the others are what the test says. */
async function startSagas() {
  const clock = createVirtualClock();
  const sagas = await startService({
    name: 'orchestrator',
    clock,
    network: createAppHttpClient({ clock, apps: {} }),
    compose: (parts) => composeOrchestrator({ ...parts, policy, clock, logger: createSilentLogger() }),
  });
  const message = <Type extends MessageType>(type: Type, data: MessageData<Type>): RawMessage =>
    sagas.build(type, ours, data);
  const created = () =>
    message('OrderCreated', {
      userId: 'u-1',
      currency: 'EUR',
      items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
      total: 3998,
      paymentToken: 'tok_approve',
      shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
    });
  const cleared = () => message('FraudCleared', {});
  const approved = () => message('PaymentApproved', { ...money, authorizationId: 'a' });
  const booked = () => message('ShipmentRequested', { shipmentId: 's' });
  const captured = () => message('PaymentCaptured', { ...money, captureId: 'c' });
  return { ...sagas, clock, message, created, cleared, approved, booked, captured };
}

let sagas: Awaited<ReturnType<typeof startSagas>>;
beforeEach(async () => {
  sagas = await startSagas();
});
afterEach(() => sagas.stop());

const heard = () => sagas.heardTypes(ours);

describe('as it went wrong elsewhere: the saga', () => {
  it('a repeated transition: every answer three times, and each command is sent once', async () => {
    const { created, cleared, approved, booked, captured, message } = sagas;
    const answers = [created, cleared, approved, booked, captured, () => message('ShipmentDispatched', {})];
    for (const answer of answers) {
      const first = answer();
      // The same message again, and a new message that says the same.
      await sagas.command(first, first);
      await sagas.command(answer(), first);
    }

    expect(await heard()).toEqual([
      'AssessFraud',
      'AuthorizePayment',
      'MarkOrderPaid',
      'RequestShipment',
      'CapturePayment',
      'DispatchShipment',
      'MarkOrderShipped',
      'AwaitDelivery',
    ]);
  });

  it('a crash between the event and its timer: the command that may not have left goes again', async () => {
    const { created, cleared, approved } = sagas;
    await sagas.command(created());
    sagas.crashAt({ recorded: 'StepCompleted' });
    await sagas.post(cleared());
    await sagas.restart();
    expect(await sagas.timerOf(ours)).toMatchObject({ kind: 'resend' });
    await sagas.clock.advance(61_000);
    await sagas.command(approved());

    expect(await sagas.heard(ours)).toMatchObject([
      { type: 'AssessFraud' },
      { type: 'AuthorizePayment', data: { attempt: 1 } },
      { type: 'AuthorizePayment', data: { attempt: 2 } },
      { type: 'MarkOrderPaid' },
      { type: 'RequestShipment' },
    ]);
  });

  it('a capture is confirmed a day late, behind a cancellation: it is too late to cancel, and the order goes on', async () => {
    const { created, cleared, approved, booked, captured, message } = sagas;
    await sagas.command(created(), cleared(), approved(), booked(), message('OrderCancellationRequested', {}));
    for (let passedMs = 0; passedMs < dayMs; passedMs += 60_000) {
      sagas.clock.jump(58_000);
      await sagas.clock.advance(2_000);
    }
    await sagas.command(captured());

    const later = (await heard()).slice(4).filter((type) => type !== 'CapturePayment');
    expect(later).toEqual(['RefuseCancellation', 'DispatchShipment']);
  });

  it('a capture is confirmed after the saga gave it up: the money goes back before the order fails', async () => {
    const { created, cleared, approved, booked, captured, message } = sagas;
    await sagas.command(created(), cleared(), approved(), booked());
    for (let attempt = 1; attempt <= policy.stepTries + 1; attempt += 1) {
      await sagas.command(message('PaymentUnavailable', { attempt, operation: 'capture', reason: 'reset' }));
      if (attempt <= policy.stepTries) await sagas.clock.advance(5_000);
    }
    await sagas.command(captured(), message('PaymentReleased', { voided: 0, refunded: 3998 }));
    expect((await heard()).at(-1)).toBe('CancelShipment');
    await sagas.command(message('ShipmentCancelled', {}));

    expect(await sagas.heard(ours)).toMatchObject([
      ...['AssessFraud', 'AuthorizePayment', 'MarkOrderPaid', 'RequestShipment'].map((type) => ({ type })),
      ...[1, 2, 3].map((attempt) => ({ type: 'CapturePayment', data: { attempt } })),
      { type: 'ReleasePayment' },
      { type: 'CancelShipment' },
      { type: 'FailOrder', data: { failure } },
    ]);
  });

  it('a cancellation crosses the completion: both are answered, and neither undoes the other', async () => {
    const { created, cleared, approved, booked, captured, message } = sagas;
    await sagas.command(created(), cleared(), approved(), booked(), captured());
    await sagas.command(message('ShipmentDispatched', {}), message('ShipmentDelivered', {}));
    await sagas.command(message('OrderCancellationRequested', {}), message('OrderCompleted', {}));

    expect((await heard()).slice(-2)).toEqual(['CompleteOrder', 'RefuseCancellation']);
    expect((await sagas.rows(ours)).at(-1)).toBe('SagaClosed');
    expect(await sagas.deadLetters()).toEqual([]);
  });
});
