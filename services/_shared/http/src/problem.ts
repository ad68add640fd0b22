import { z } from '@hono/zod-openapi';
import type { DomainError } from '@checkout/kernel';
import type { TypedResponse } from 'hono';
import { type ApiContext, requestOf } from './api-app.ts';
import { commonErrorCodes, type ErrorEntry } from './error-codes.ts';

export const problemContentType = 'application/problem+json';

/** RFC 9457. `type` leads to the line of the error page that explains `code`; compare `code`, never the texts. */
export const ProblemSchema = z
  .object({
    type: z.string().openapi({ example: '/docs/errors#validation-failed' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    instance: z.string().openapi({ description: 'The path of the request.' }),
    code: z.string(),
    errors: z
      .array(
        z.object({
          pointer: z.string().openapi({
            description: 'A JSON pointer (RFC 6901) into the body, or `query.<name>` or `header.<name>`.',
            example: '/items/0/quantity',
          }),
          code: z.string(),
          detail: z.string(),
        }),
      )
      .optional(),
    requestId: z.string(),
  })
  .openapi('Problem');

export type Problem = z.infer<typeof ProblemSchema>;

/** A response that any route may give in place of its own: which problems it gives is documented by their codes. */
export type ProblemResponse = Response & TypedResponse<never, never, never>;

/** Faults listed in one problem; the rest is cut, because one request should not be able to ask for a book. */
const maxFaults = 50;
const maxTextCharacters = 500;

/**
 * The one place where a refusal becomes HTTP. A code that is in no catalogue is a defect and answers `internal`, without
 * its text: unknown texts may hold anything.
 */
export function problem(
  c: ApiContext,
  error: DomainError,
  headers: Readonly<Record<string, string>> = {},
): ProblemResponse {
  const known: ErrorEntry | undefined = requestOf(c).errorCodes[error.code];
  const entry: ErrorEntry = known ?? commonErrorCodes.internal;
  const code = known === undefined ? 'internal' : error.code;
  const body: Problem = {
    type: `/docs/errors#${code}`,
    title: entry.title,
    status: entry.status,
    detail: (known === undefined ? entry.explanation : error.detail).slice(0, maxTextCharacters),
    instance: c.req.path.slice(0, maxTextCharacters),
    code,
    ...(known !== undefined && error.faults && { errors: error.faults.slice(0, maxFaults).map(cutFault) }),
    requestId: requestOf(c).id,
  };
  const retryAfter = entry.retryAfterSeconds !== undefined && { 'Retry-After': String(entry.retryAfterSeconds) };
  return c.body(JSON.stringify(body), entry.status, {
    'Content-Type': problemContentType,
    ...retryAfter,
    ...headers,
  }) as ProblemResponse;
}

function cutFault({ pointer, code, detail }: NonNullable<DomainError['faults']>[number]) {
  return { pointer: pointer.slice(0, maxTextCharacters), code, detail: detail.slice(0, maxTextCharacters) };
}
