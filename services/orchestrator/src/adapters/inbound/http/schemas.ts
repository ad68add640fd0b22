import { z } from '@hono/zod-openapi';
import { failureSchema } from '@checkout/contracts';
import { operatorText } from '@checkout/http';
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

export const OperatorNoteBody = z
  .strictObject({ actor: operatorText('j.doe'), reason: operatorText('The provider is back.') })
  .openapi('OperatorNote');

export const ResolveBody = z
  .strictObject({
    action: z.enum(['mark-undone', 'mark-done']),
    actor: operatorText('j.doe'),
    reason: operatorText('Refunded by hand.'),
    externalReference: operatorText('bank transfer 4711').optional().openapi({
      description: 'Where it was settled outside the platform: without it the provider is asked, and has to agree.',
    }),
  })
  .openapi('ResolveSaga');
