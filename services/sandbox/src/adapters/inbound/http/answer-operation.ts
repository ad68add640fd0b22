import { type ApiContext, dropConnection, problem, type ProblemResponse } from '@checkout/http';
import { assertNever, domainError } from '@checkout/kernel';
import type { FaultDice } from '../../../application/fault-dice.ts';
import type { Performed, PerformOperation, PerformRequest } from '../../../application/perform-operation.ts';
import type { Answer } from '../../../domain/answer.ts';
import type { Silence } from './silence.ts';

export type AnswerOperation = (c: ApiContext, request: PerformRequest) => Promise<ProblemResponse>;

/** The codes that performing any operation may answer; for `problems` of a route. */
export const operationProblems = ['rate-limited', 'provider-failure'] as const;

/** Performs an operation and answers with what came of it, or not at all. */
export function createAnswerOperation(
  perform: PerformOperation,
  dice: Pick<FaultDice, 'amountsTold'>,
  silence: Silence,
): AnswerOperation {
  return async (c, request) => {
    let performed = await perform(request);
    while (performed.kind === 'landing') {
      if ((await silence.hold(c.req.raw.signal, performed.landed)) === 'drop') return drop(c);
      performed = await perform(request);
    }
    if (performed.kind === 'answered' && request.operation.provider === 'psp') {
      performed = { ...performed, answer: toldBy(dice, performed.answer) };
    }
    return reply(c, performed, silence);
  };
}

/** What is kept with the key stays as it was. */
function toldBy(dice: Pick<FaultDice, 'amountsTold'>, answer: Answer): Answer {
  if (answer.kind === 'refused') return answer;
  const told = dice.amountsTold();
  const parts = Object.entries(answer.body).map(([name, value]) => [
    name,
    typeof value === 'number' ? told(value) : value,
  ]);
  return { ...answer, body: Object.fromEntries(parts) };
}

async function reply(
  c: ApiContext,
  performed: Exclude<Performed, { readonly kind: 'landing' }>,
  silence: Silence,
): Promise<ProblemResponse> {
  switch (performed.kind) {
    case 'answered':
      if (performed.replayed) c.header('Idempotent-Replayed', 'true');
      return render(c, performed.answer);
    case 'key-reused':
      return problem(c, domainError('idempotency-key-reused', 'the key was used with another request'));
    case 'failed':
      return problem(c, domainError('provider-failure', 'the provider failed'));
    case 'silent':
      await silence.hold(c.req.raw.signal);
      return drop(c);
    default:
      return assertNever(performed);
  }
}

/** Answers come back from disk as they were stored, so their shape is the routes' documentation and not their type. */
function render(c: ApiContext, answer: Answer): ProblemResponse {
  if (answer.kind === 'refused') return problem(c, answer.error);
  return c.json(answer.body, answer.status) as unknown as ProblemResponse;
}

function drop(c: ApiContext): ProblemResponse {
  return dropConnection(c) as ProblemResponse;
}
