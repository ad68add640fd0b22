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
import { charge, reference, tag, text } from '../schemas.ts';

const route = (basePath: string) =>
  defineRoute({
    method: 'post',
    path: `${basePath}/bureau/scores`,
    operationId: 'bureauScore',
    tags: [tag],
    summary: 'Bureau: ask how risky an order is',
    access: 'public',
    description: 'A user whose id begins with `fraud-` is rejected, with `review-` is for a person to look at.',
    headers: idempotencyKeyHeader,
    body: z.strictObject({ ...charge, userId: text }),
    responses: {
      200: {
        description: 'Scored, from 0 (harmless) to 100.',
        schema: z.object({
          reference,
          score: z.int().min(0).max(100),
          verdict: z.enum(['approve', 'review', 'reject']),
        }),
      },
    },
    problems: [...idempotencyKeyProblems, ...operationProblems, 'idempotency-key-reused'],
  });

export function mountScore(app: ApiApp, basePath: string, answer: AnswerOperation): void {
  app.openapi(route(basePath), (c) => {
    const key = readIdempotencyKey(c);
    if (!key.ok) return problem(c, key.error);
    const operation = { provider: 'bureau', kind: 'score', ...c.req.valid('json') } as const;
    return answer(c, { operation, key: key.value, keepsRefusals: true });
  });
}
