import type { LogRow } from '@checkout/event-log';
import { type CauseId, toOrderId } from '@checkout/kernel';
import { describe, expect, it } from 'vitest';
import { viewSaga } from './saga-view.ts';

const orderId = toOrderId('0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01');
const order = { userId: 'u', currency: 'EUR', items: [], total: 1, paymentToken: 't', shippingAddress: {} };
const row = (version: number, type: string, data: object): LogRow => ({
  partition: 0,
  position: version,
  streamId: orderId,
  version,
  type,
  data,
  emits: [],
  causeId: '0'.repeat(32) as CauseId,
  causeIndex: 0,
  correlationId: 'c',
  recordedAt: version * 1_000,
});

const rows = [
  row(1, 'SagaStarted', { definitionVersion: 1, order }),
  row(2, 'Noted', {}),
  row(3, 'StepCompleted', { step: 'assess-fraud', next: 'authorize-payment', told: null }),
  row(4, 'AnswerRepeated', {}),
  row(5, 'CommandRepeated', { attempt: 2 }),
];

describe('a saga as the API shows it', () => {
  it('says when each step began and ended, by its own rows', () => {
    expect(viewSaga(orderId, rows, 9_000)).toMatchObject({
      state: 'RUNNING',
      step: 'authorize-payment',
      deadline: '1970-01-01T00:00:09.000Z',
      failure: null,
      steps: [
        {
          name: 'assess-fraud',
          status: 'DONE',
          startedAt: '1970-01-01T00:00:01.000Z',
          finishedAt: '1970-01-01T00:00:03.000Z',
        },
        {
          name: 'authorize-payment',
          status: 'RUNNING',
          attempts: 2,
          startedAt: '1970-01-01T00:00:03.000Z',
          finishedAt: null,
        },
        { name: 'request-shipment', status: 'PENDING', attempts: 0, startedAt: null, finishedAt: null },
        {},
        {},
        {},
      ],
    });
  });

  it('is nothing for an order that it has not heard of', () => expect(viewSaga(orderId, [], null)).toBeUndefined());
});
