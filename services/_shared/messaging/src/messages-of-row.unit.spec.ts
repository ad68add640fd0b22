import type { LogRow } from '@checkout/event-log';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { causeOf } from '@checkout/kernel';
import { expect, it } from 'vitest';
import { TransientError } from './errors.ts';
import { messagesOfRow } from './messages-of-row.ts';

const identity = { ...testIdentity, service: 'payment', epoch: 3 };
const aRow = (parts: Partial<LogRow>): LogRow => ({
  partition: 2,
  position: 7,
  streamId: anOrder(2),
  version: 1,
  type: 'Noted',
  data: {},
  emits: [],
  causeId: causeOf('test'),
  causeIndex: 0,
  correlationId: 'request-1',
  traceparent: '00-trace',
  recordedAt: 1_000,
  ...parts,
});

it('a published event is a message, and what its row emits follows it', () => {
  const rejected = { type: 'PaymentCaptureRejected', data: { detail: 'too late' } };
  const row = aRow({ type: 'PaymentReleased', data: { voided: 1, refunded: 0 }, emits: [rejected, rejected] });
  const shared = {
    topic: 'checkout.payment.events',
    orderId: anOrder(2),
    causationId: row.causeId,
    correlationId: 'request-1',
    traceparent: '00-trace',
    recordedAt: 1_000,
  };

  expect(messagesOfRow(identity, row)).toEqual([
    { ...shared, id: 'payment/3/2/7/0', type: 'PaymentReleased', data: { voided: 1, refunded: 0 } },
    { ...shared, ...rejected, id: 'payment/3/2/7/1' },
    { ...shared, ...rejected, id: 'payment/3/2/7/2' },
  ]);
});

it('behind a restore it is another message than the one that had its place before', () => {
  const restored = { ...identity, restores: [{ epoch: 4, from: [1, 1, 7, 1] }] };
  const ids = [6, 7].flatMap((position) =>
    messagesOfRow(restored, aRow({ type: 'PaymentReleased', position })).map(({ id }) => id),
  );
  expect(ids).toEqual(['payment/3/2/6/0', 'payment/4/2/7/0']);
});

it('an event that is nobody else’s business is no message, what it emits is', () => {
  const emits = [{ type: 'PaymentApproved', data: {} }];
  expect(messagesOfRow(identity, aRow({ type: 'AnswerRepeated', emits })).map(({ id }) => id)).toEqual([
    'payment/3/2/7/1',
  ]);
  expect(messagesOfRow(identity, aRow({ type: 'OutcomeAwaited' }))).toEqual([]);
});

it('a row that emits what this process does not know has to wait for a newer process', () => {
  const emits = [{ type: 'SplitPayment', data: {} }];
  expect(() => messagesOfRow(identity, aRow({ emits }))).toThrow(TransientError);
});
