import { z } from '@hono/zod-openapi';
import { domainError, err, findCardNumber, ok, type Result, type TextFault, textFault } from '@checkout/kernel';
import type { DomainError } from '@checkout/kernel';
import type { Caller } from './caller.ts';

const maxCharacters = 500;

/** What an operator writes is kept for ever: it has to say something, and must not hold a card number. */
export function operatorText(example: string) {
  return z
    .string()
    .superRefine((text, context) => {
      const fault = textFault(text, maxCharacters);
      if (fault !== undefined) refuse(context, fault);
      if (findCardNumber(text)) refuse(context, { code: 'card-number', detail: 'This looks like a card number.' });
    })
    .openapi({ minLength: 1, maxLength: maxCharacters, example });
}

function refuse(context: z.RefinementCtx, { code, detail }: TextFault): void {
  context.addIssue({ code: 'custom', message: detail, params: { code } });
}

/** Under whose name an operator's action is recorded: of who proved who they are, else as the body says. */
export function actorOf(
  { subject }: Caller,
  named: string | undefined,
): Result<string | undefined, DomainError<'actor-mismatch'>> {
  if (subject === undefined || named === undefined || named === subject) return ok(subject ?? named);
  const fault = { pointer: '/actor', code: 'actor-mismatch', detail: 'It must be the subject of the token.' };
  return err(domainError('actor-mismatch', 'The actor is somebody else than the caller.', [fault]));
}
