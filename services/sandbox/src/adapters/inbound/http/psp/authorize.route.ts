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
import { charge, tag, text } from '../schemas.ts';

const route = (basePath: string) =>
  defineRoute({
    method: 'post',
    path: `${basePath}/psp/authorizations`,
    operationId: 'pspAuthorize',
    tags: [tag],
    summary: 'PSP: hold money',
    access: 'public',
    description:
      'The token decides: `tok_approve`, `tok_decline`, `tok_insufficient_funds`, `tok_capture_reject`, `tok_timeout_lands` ' +
      '(no answer, lands 3 s later), `tok_timeout_lost` (no answer, never lands), `tok_void_fails`. Others are declined.',
    headers: idempotencyKeyHeader,
    body: z.strictObject({ ...charge, token: text.openapi({ example: 'tok_approve' }) }),
    responses: {
      201: {
        description: 'Approved.',
        schema: z.object({ id: z.string(), status: z.literal('approved'), ...charge }),
      },
    },
    problems: [
      ...idempotencyKeyProblems,
      ...operationProblems,
      'idempotency-key-reused',
      'payment-declined',
      'insufficient-funds',
    ],
  });

export function mountAuthorize(app: ApiApp, basePath: string, answer: AnswerOperation): void {
  app.openapi(route(basePath), (c) => {
    const key = readIdempotencyKey(c);
    if (!key.ok) return problem(c, key.error);
    const operation = { provider: 'psp', kind: 'authorize', ...c.req.valid('json') } as const;
    return answer(c, { operation, key: key.value, keepsRefusals: true });
  });
}
