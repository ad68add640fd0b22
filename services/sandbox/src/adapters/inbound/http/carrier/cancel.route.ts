import { type ApiApp, defineRoute } from '@checkout/http';
import { z } from '@hono/zod-openapi';
import { type AnswerOperation, operationProblems } from '../answer-operation.ts';
import { reference, referenceParams, tag } from '../schemas.ts';

const route = (basePath: string) =>
  defineRoute({
    method: 'post',
    path: `${basePath}/carrier/shipments/{reference}/cancel`,
    operationId: 'carrierCancel',
    tags: [tag],
    summary: 'Carrier: stop a shipment before it leaves',
    access: 'public',
    description: 'Also before its booking has landed, which then is refused. Repeating it changes nothing.',
    params: referenceParams,
    responses: {
      200: { description: 'It will not leave.', schema: z.object({ reference, state: z.literal('CANCELLED') }) },
    },
    problems: [...operationProblems, 'already-dispatched'],
  });

export function mountCancel(app: ApiApp, basePath: string, answer: AnswerOperation): void {
  app.openapi(route(basePath), (c) => {
    const operation = { provider: 'carrier', kind: 'cancel', ...c.req.valid('param') } as const;
    return answer(c, { operation, key: `cancel ${operation.reference}`, keepsRefusals: false });
  });
}
