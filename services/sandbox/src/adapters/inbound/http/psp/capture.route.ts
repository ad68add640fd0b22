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
import { charge, tag } from '../schemas.ts';

const route = (basePath: string) =>
  defineRoute({
    method: 'post',
    path: `${basePath}/psp/captures`,
    operationId: 'pspCapture',
    tags: [tag],
    summary: 'PSP: take the money that was held',
    access: 'public',
    headers: idempotencyKeyHeader,
    body: z.strictObject(charge),
    responses: {
      201: {
        description: 'Captured.',
        schema: z.object({ id: z.string(), status: z.literal('captured'), ...charge }),
      },
    },
    problems: [...idempotencyKeyProblems, ...operationProblems, 'idempotency-key-reused', 'capture-rejected'],
  });

export function mountCapture(app: ApiApp, basePath: string, answer: AnswerOperation): void {
  app.openapi(route(basePath), (c) => {
    const key = readIdempotencyKey(c);
    if (!key.ok) return problem(c, key.error);
    const operation = { provider: 'psp', kind: 'capture', ...c.req.valid('json') } as const;
    return answer(c, { operation, key: key.value, keepsRefusals: true });
  });
}
