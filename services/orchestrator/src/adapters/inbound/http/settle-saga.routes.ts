import { z } from '@hono/zod-openapi';
import {
  actorOf,
  type ApiApp,
  type ApiContext,
  defineRoute,
  orderIdParameter,
  problem,
  requestOf,
} from '@checkout/http';
import { domainError, type OrderId } from '@checkout/kernel';
import type { SagaReads } from '../../../application/read-sagas.ts';
import type { SettleSaga, SettleSagaUseCase } from '../../../application/settle-saga.ts';
import { OperatorNoteBody, ResolveBody, SagaSchema } from './schemas.ts';

const params = z.object({ orderId: orderIdParameter });
const problems = [
  'saga-not-found',
  'saga-not-stuck',
  'action-not-applicable',
  'not-settled',
  'actor-mismatch',
  'overloaded',
];
const responses = {
  200: { description: 'Done; the saga goes on.', schema: SagaSchema },
  202: { description: 'Recorded; the provider has not answered yet. Look at the saga again.', schema: SagaSchema },
} as const;

const retryRoute = defineRoute({
  method: 'post',
  path: '/v1/sagas/{orderId}/retry',
  operationId: 'retrySaga',
  tags: ['sagas'],
  summary: 'Try again what the saga is stuck on',
  access: 'ops',
  description: 'Also of a saga that waits for a delivery: the carrier is asked again where the parcel is.',
  params,
  body: OperatorNoteBody,
  responses,
  problems,
});

const resolveRoute = defineRoute({
  method: 'post',
  path: '/v1/sagas/{orderId}/resolve',
  operationId: 'resolveSaga',
  tags: ['sagas'],
  summary: 'Settle what the saga is stuck on',
  access: 'ops',
  description:
    '`mark-undone`: the provider is asked and has to agree, unless an external reference says where it was settled: the ' +
    'compensation that is stuck, or the money of an order whose step was given up. What else has to be undone still is, and ' +
    'the order ends FAILED with `settled-externally`. `mark-done`: the refused step was done by other means. A saga that ' +
    'waits for a delivery, RUNNING at `await-delivery`, may be settled too, for the carrier may never say how it ended: ' +
    '`mark-done` says that the parcel has arrived, `mark-undone` that it will not, as if the carrier had lost it.',
  params,
  body: ResolveBody,
  responses,
  problems,
});

export function mountSettleSaga(
  app: ApiApp,
  { settle, reads }: { readonly settle: SettleSagaUseCase; readonly reads: SagaReads },
): void {
  const answer = async (c: ApiContext, command: Omit<SettleSaga, 'requestId' | 'traceparent'>) => {
    const { id: requestId, traceparent, caller } = requestOf(c);
    const actor = actorOf(caller, command.note.actor);
    if (!actor.ok) return problem(c, actor.error);
    const settled = await settle({ ...command, requestId, traceparent });
    if (!settled.ok) return problem(c, settled.error);
    const saga = await sagaOf(command.orderId);
    return saga === undefined
      ? problem(c, domainError('saga-not-found', 'There is no saga for this order.'))
      : c.json(saga, settled.value.pending ? 202 : 200);
  };
  const sagaOf = (orderId: OrderId) => reads.saga(orderId);

  app.openapi(retryRoute, async (c) => {
    const { orderId } = c.req.valid('param');
    return answer(c, { orderId, action: 'retry', note: c.req.valid('json') });
  });
  app.openapi(resolveRoute, async (c) => {
    const { orderId } = c.req.valid('param');
    const { action, externalReference, ...who } = c.req.valid('json');
    const note = externalReference === undefined ? who : { ...who, externalReference };
    return answer(c, { orderId, action, note });
  });
}
