import { type MessageId, toOrderId } from '@checkout/kernel';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MessageType, messages, type RawMessage, readMessage, topicOf } from './index.ts';

const items = [{ productId: 'sku-1', quantity: 2, unitPrice: 1_999 }];
const shippingAddress = { name: 'Ada', line1: '1 Main St', city: 'London', postalCode: 'N1', country: 'GB' };
const failure = { code: 'payment-declined', step: 'authorize-payment', detail: 'the issuer said no' };
const money = { amount: 3_998, currency: 'EUR' };

/** Data that each message is sent with; the compiler keeps the list complete. */
const examples: Readonly<Record<MessageType, object>> = {
  OrderCreated: { userId: 'u-1', currency: 'EUR', items, total: 3_998, paymentToken: 'tok_1', shippingAddress },
  OrderCancellationRequested: {},
  OrderCancellationRefused: { reason: 'captured' },
  OrderPaid: {},
  OrderShipped: {},
  OrderCompleted: {},
  OrderFailed: { failure },
  OrderCancelled: { failure: { ...failure, code: 'customer-cancelled' } },
  MarkOrderPaid: {},
  MarkOrderShipped: {},
  CompleteOrder: {},
  FailOrder: { failure },
  CancelOrder: { failure },
  RefuseCancellation: { reason: 'captured' },
  AssessFraud: { attempt: 1, ...money, userId: 'u-1', items },
  WithdrawReview: {},
  FraudCleared: {},
  FraudRejected: { code: 'fraud-rejected', detail: 'too many orders' },
  FraudReviewRequested: { reason: 'large amount' },
  FraudUnavailable: { attempt: 1, reason: 'bureau down' },
  AuthorizePayment: { attempt: 1, ...money, paymentToken: 'tok_1' },
  CapturePayment: { attempt: 1 },
  ReleasePayment: { attempt: 1, mode: 'undo' },
  PaymentApproved: { ...money, authorizationId: 'auth_1' },
  PaymentDeclined: { code: 'insufficient-funds', detail: 'no funds' },
  PaymentCaptured: { ...money, captureId: 'cap_1' },
  PaymentCaptureRejected: { detail: 'expired' },
  PaymentReleaseStarted: {},
  PaymentReleased: { voided: 3_998, refunded: 0 },
  PaymentUnavailable: { attempt: 2, operation: 'authorize', reason: 'provider down' },
  RequestShipment: { attempt: 1, items, shippingAddress },
  DispatchShipment: { attempt: 1 },
  AwaitDelivery: { attempt: 1 },
  CancelShipment: { attempt: 1 },
  ShipmentRequested: { shipmentId: 'shp_1' },
  ShipmentRejected: { detail: 'no such address' },
  ShipmentDispatched: {},
  ShipmentDispatchRefused: { detail: 'forbidden goods' },
  ShipmentDelivered: {},
  ShipmentCancelled: {},
  ShipmentLost: { detail: 'sunk' },
  ShipmentUnavailable: { attempt: 1, operation: 'request', reason: 'carrier down' },
};
const types = Object.keys(messages) as MessageType[];

function aMessage<Type extends MessageType>(type: Type, data: unknown = examples[type]): RawMessage & { type: Type } {
  return {
    id: 'order/0/15/1/0' as MessageId,
    type,
    topic: topicOf(type),
    orderId: toOrderId('019b7695-8c00-7123-8456-0000000000ff'),
    data,
    causationId: '0'.repeat(32),
    correlationId: 'request-1',
    traceparent: undefined,
    recordedAt: 1_767_225_600_000,
  };
}

describe('a message that is read', () => {
  it.each(types)('%s has the data that it was sent with', (type) => {
    const message = aMessage(type);
    expect(readMessage(message)).toEqual(message);
  });

  it.each(types)('%s ignores fields that a newer release added', (type) => {
    const data = { ...examples[type], addedLater: { some: ['thing'] } };
    expect(readMessage(aMessage(type, data))).toEqual(aMessage(type));
  });

  it('ignores them at any depth', () => {
    const created = examples.OrderCreated as { items: object[]; shippingAddress: object };
    const data = {
      ...created,
      items: created.items.map((item) => ({ ...item, weight: 1 })),
      shippingAddress: { ...created.shippingAddress, floor: 3 },
    };
    expect(readMessage(aMessage('OrderCreated', data))).toEqual(aMessage('OrderCreated'));
  });

  it('keeps what the envelope says, and leaves the raw message as it came', () => {
    const raw = { ...aMessage('OrderFailed', { failure, extra: 1 }), traceparent: '00-1-2-01' };
    const before = structuredClone(raw);
    const { data: _data, ...envelope } = raw;
    expect(readMessage(raw)).toMatchObject(envelope);
    expect(raw).toEqual(before);
  });
});

describe('a message that cannot be read', () => {
  it.each([
    ['a field is missing', { paymentToken: 'tok_1', currency: 'EUR', attempt: 1 }, '/amount: invalid_type'],
    ['a number is a text', { ...examples.AuthorizePayment, amount: '3998' }, '/amount: invalid_type'],
    ['an amount is a fraction', { ...examples.AuthorizePayment, amount: 19.99 }, '/amount: invalid_type'],
    ['an amount is negative', { ...examples.AuthorizePayment, amount: -1 }, '/amount: too_small'],
    ['an amount is too large', { ...examples.AuthorizePayment, amount: 2 ** 60 }, '/amount: too_big, /amount: too_big'],
    ['a try is number 0', { ...examples.AuthorizePayment, attempt: 0 }, '/attempt: too_small'],
    ['it is null', null, '/: invalid_type'],
    ['it is a list', [], '/: invalid_type'],
    ['it is a text', 'tok_1', '/: invalid_type'],
  ])('says where and why when %s', (_what, data, unreadable) => {
    expect(readMessage(aMessage('AuthorizePayment', data))).toEqual({ unreadable });
  });

  it('lists every fault', () => {
    const data = { ...examples.OrderCreated, items: [{ productId: 1, quantity: 0, unitPrice: 1 }], total: '1' };
    expect(readMessage(aMessage('OrderCreated', data))).toEqual({
      unreadable: '/items/0/productId: invalid_type, /items/0/quantity: too_small, /total: invalid_type',
    });
  });

  it('repeats no value of its data, whatever that is: it may be personal', () => {
    const secret = 'ada.lovelace@example.org';
    const poison = fc.object({ key: fc.constant(secret), values: [fc.constant(secret), fc.integer()], maxDepth: 3 });
    const anyType = fc.constantFrom(...types);
    fc.assert(
      fc.property(
        anyType,
        poison,
        fc.constantFrom('failure', 'items', 'shippingAddress', 'code'),
        (type, value, field) => {
          const read = readMessage(aMessage(type, { ...examples[type], [field]: value }));
          if ('unreadable' in read) expect(read.unreadable).not.toContain(secret);
        },
      ),
    );
  });
});
