import { z } from '@hono/zod-openapi';
import { failureSchema } from '@checkout/contracts';
import { findCardNumber, type TextFault, textFault } from '@checkout/kernel';
import { sagaStates } from '../../../domain/saga-state.ts';

const instant = z.string().nullable().openapi({ format: 'date-time' });

export const SagaSchema = z
  .object({
    orderId: z.string().openapi({ format: 'uuid' }),
    state: z.enum(sagaStates),
    definitionVersion: z.int(),
    step: z.string().openapi({ description: 'The step that the saga has come to.' }),
    deadline: instant.openapi({ description: 'When its timer fires: the end of the review, or the next try.' }),
    steps: z
      .array(
        z.object({
          name: z.string(),
          status: z.enum(['PENDING', 'RUNNING', 'DONE', 'REFUSED', 'UNDOING', 'UNDONE', 'FAILED']),
          attempts: z.int(),
          startedAt: instant,
          finishedAt: instant,
        }),
      )
      .readonly(),
    failure: failureSchema.nullable(),
  })
  .openapi('Saga');

const maxNoteCharacters = 500;

/** What an operator writes is kept for ever: it has to say something, and must not hold a card number. */
const note = (example: string) =>
  z
    .string()
    .superRefine((text, context) => {
      const fault = textFault(text, maxNoteCharacters);
      if (fault !== undefined) refuse(context, fault);
      if (findCardNumber(text)) refuse(context, { code: 'card-number', detail: 'This looks like a card number.' });
    })
    .openapi({ minLength: 1, maxLength: maxNoteCharacters, example });

function refuse(context: z.RefinementCtx, { code, detail }: TextFault): void {
  context.addIssue({ code: 'custom', message: detail, params: { code } });
}

export const OperatorNoteBody = z
  .strictObject({ actor: note('j.doe'), reason: note('The provider is back.') })
  .openapi('OperatorNote');

export const ResolveBody = z
  .strictObject({
    action: z.enum(['mark-undone', 'mark-done']),
    actor: note('j.doe'),
    reason: note('Refunded by hand.'),
    externalReference: note('bank transfer 4711').optional().openapi({
      description: 'Where it was settled outside the platform: without it the provider is asked, and has to agree.',
    }),
  })
  .openapi('ResolveSaga');
