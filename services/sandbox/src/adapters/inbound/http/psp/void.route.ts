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
import { reference, tag } from '../schemas.ts';

const route = (basePath: string) =>
  defineRoute({
    method: 'post',
    path: `${basePath}/psp/voids`,
    operationId: 'pspVoid',
    tags: [tag],
    summary: 'PSP: let go of the money that was held',
    access: 'public',
    description: 'Also before the authorisation has landed: whatever lands later for this reference is declined.',
    headers: idempotencyKeyHeader,
    body: z.strictObject({ reference }),
    responses: {
      200: {
        description: 'Nothing is held, and nothing will be. `voided` is the sum of all that was let go.',
        schema: z.object({ reference, status: z.literal('voided'), voided: z.int().min(0) }),
      },
    },
    problems: [...idempotencyKeyProblems, ...operationProblems, 'idempotency-key-reused', 'already-captured'],
  });

export function mountVoid(app: ApiApp, basePath: string, answer: AnswerOperation): void {
  app.openapi(route(basePath), (c) => {
    const key = readIdempotencyKey(c);
    if (!key.ok) return problem(c, key.error);
    const operation = { provider: 'psp', kind: 'void', ...c.req.valid('json') } as const;
    return answer(c, { operation, key: key.value, keepsRefusals: true });
  });
}
