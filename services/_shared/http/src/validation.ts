import type { Hook } from '@hono/zod-openapi';
import { type DomainError, domainError, type Fault } from '@checkout/kernel';
import type { z } from 'zod';
import type { ApiEnv } from './api-app.ts';
import { pointerToken } from './json-scanner.ts';
import { problem } from './problem.ts';

/**
 * Turns what a schema refuses into a problem. A malformed part of the path names nothing that exists: 404, the same answer
 * as for a well-formed name of nothing, so that the two cannot be told apart.
 */
export const validationHook: Hook<unknown, ApiEnv, string, Response | undefined> = (result, c) => {
  if (result.success) return undefined;
  if (result.target === 'param') return problem(c, domainError('not-found', 'there is nothing at this path'));
  return problem(c, validationError(result.error, result.target));
};

/** A schema's complaints as one refusal with a fault per field. */
function validationError(error: z.core.$ZodError, target: string): DomainError {
  const faults = error.issues.flatMap((issue) => faultsOf(issue, target));
  return domainError(
    'validation-failed',
    `${faults.length} ${faults.length === 1 ? 'rule is' : 'rules are'} broken`,
    faults,
  );
}

function faultsOf(issue: z.core.$ZodIssue, target: string): readonly Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      pointer: locate([...issue.path, key], target),
      code: 'unknown-field',
      detail: 'this field is not known here',
    }));
  }
  return [{ pointer: locate(issue.path, target), code: codeOf(issue), detail: issue.message }];
}

/** A refinement states its own code: `context.addIssue({ code: 'custom', message, params: { code: 'total-mismatch' } })`. */
function codeOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      // The only trace that zod leaves of the difference between an absent field and one of a wrong type.
      return issue.message.endsWith('received undefined') ? 'required' : 'invalid-type';
    case 'too_small':
      return 'too-small';
    case 'too_big':
      return 'too-big';
    case 'custom': {
      const code: unknown = issue.params?.['code'];
      return typeof code === 'string' ? code : 'invalid-value';
    }
    default:
      return 'invalid-value';
  }
}

function locate(path: readonly PropertyKey[], target: string): string {
  if (target === 'json') return path.map((part) => pointerToken(String(part))).join('');
  return `${target}.${path.map(String).join('.')}`;
}
