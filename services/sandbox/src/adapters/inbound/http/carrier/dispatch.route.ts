import { type ApiApp, defineRoute } from '@checkout/http';
import { z } from '@hono/zod-openapi';
import { type AnswerOperation, operationProblems } from '../answer-operation.ts';
import { reference, referenceParams, tag } from '../schemas.ts';

const route = (basePath: string) =>
  defineRoute({
    method: 'post',
    path: `${basePath}/carrier/shipments/{reference}/dispatch`,
    operationId: 'carrierDispatch',
    tags: [tag],
    summary: 'Carrier: hand a booked shipment over',
    access: 'public',
    description: 'Repeating it changes nothing.',
    params: referenceParams,
    responses: {
      200: { description: 'It has left.', schema: z.object({ reference, state: z.literal('DISPATCHED') }) },
    },
    problems: [...operationProblems, 'not-dispatchable'],
  });

export function mountDispatch(app: ApiApp, basePath: string, answer: AnswerOperation): void {
  app.openapi(route(basePath), (c) => {
    const operation = { provider: 'carrier', kind: 'dispatch', ...c.req.valid('param') } as const;
    return answer(c, { operation, key: `dispatch ${operation.reference}`, keepsRefusals: false });
  });
}
