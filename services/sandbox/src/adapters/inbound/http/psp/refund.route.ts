import {
  type ApiApp,
  defineRoute,
  idempotencyKeyHeader,
  idempotencyKeyProblems,
  problem,
  readIdempotencyKey,
} from '@checkout/http';
import { z } from '@hono/zod-openapi';
import { type AnswerOperation, operationProblems } from '../answer-operation.ts';
import { charge, reference, tag } from '../schemas.ts';

const route = (basePath: string) =>
  defineRoute({
    method: 'post',
    path: `${basePath}/psp/refunds`,
    operationId: 'pspRefund',
    tags: [tag],
    summary: 'PSP: give captured money back',
    access: 'public',
    headers: idempotencyKeyHeader,
    body: z.strictObject(charge),
    responses: {
      201: {
        description: 'Refunded.',
        schema: z.object({ reference, status: z.literal('refunded'), refunded: z.int().min(1), currency: z.string() }),
      },
    },
    problems: [...idempotencyKeyProblems, ...operationProblems, 'idempotency-key-reused', 'refund-rejected'],
  });

export function mountRefund(app: ApiApp, basePath: string, answer: AnswerOperation): void {
  app.openapi(route(basePath), (c) => {
    const key = readIdempotencyKey(c);
    if (!key.ok) return problem(c, key.error);
    const operation = { provider: 'psp', kind: 'refund', ...c.req.valid('json') } as const;
    return answer(c, { operation, key: key.value, keepsRefusals: true });
  });
}
