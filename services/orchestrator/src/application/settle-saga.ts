import { type EventLog, execute, type Loaded, type Streams } from '@checkout/event-log';
import {
  canonicalJson,
  causeOf,
  type Clock,
  type DomainError,
  domainError,
  err,
  ok,
  type OrderId,
  type Result,
} from '@checkout/kernel';
import type { OperatorAction } from '../domain/decide-operator.ts';
import type { createSagaDecider } from '../domain/saga.ts';
import type { OperatorNote, SagaEvent } from '../domain/saga-events.ts';
import type { SagaRefusal } from '../domain/saga-moves.ts';
import type { Saga } from '../domain/saga-state.ts';

export type SettleSaga = {
  readonly orderId: OrderId;
  readonly action: OperatorAction;
  readonly note: OperatorNote;
  readonly requestId: string;
  readonly traceparent: string;
};

export type SettleRefusal = SagaRefusal | DomainError<'not-settled'>;

/** The saga after the action. `pending`: the provider has not answered yet; the action goes on by itself. */
export type Settled = { readonly pending: boolean };

export type SettleSagaUseCase = (command: SettleSaga) => Promise<Result<Settled, SettleRefusal>>;

/** How long an operator waits for the provider's word before the answer is "still asking", milliseconds. */
const maxWaitMs = 5_000;
const pollMs = 100;

/** Carries out what an operator decided about a saga that is stuck, or waits for a delivery. Recorded with the actor and the reason. */
export function createSettleSaga(deps: {
  readonly log: EventLog;
  readonly streams: Streams<Saga, SagaEvent>;
  readonly decider: ReturnType<typeof createSagaDecider>;
  readonly clock: Clock;
}): SettleSagaUseCase {
  const { streams, decider, clock } = deps;

  return async ({ orderId, action, note, requestId, traceparent }) => {
    const executed = await execute(deps, {
      streamId: orderId,
      // A client may give two actions one request id: only the same action again is a repetition.
      cause: {
        id: causeOf('settle-saga', orderId, requestId, action, canonicalJson(note)),
        correlationId: requestId,
        traceparent,
      },
      decide: ({ state }) => decider.decide(state, { type: 'Operator', action, note, orderId }),
    });
    if (!executed.ok) {
      if (executed.error.kind === 'refused') return err(executed.error.refusal);
      throw new Error('an operator action claims no idempotency key');
    }
    return providerWord(executed.value.loaded);
  };

  async function providerWord(loaded: Loaded<Saga>): Promise<Result<Settled, SettleRefusal>> {
    const until = clock.monotonic() + maxWaitMs;
    let current = loaded;
    while (current.state.phase.status === 'VERIFYING') {
      if (clock.monotonic() >= until) return ok({ pending: true });
      await clock.sleep(pollMs);
      current = await streams.loadFresh(current.streamId);
    }
    if (current.state.phase.status === 'NEEDS_OPERATOR' && loaded.state.phase.status === 'VERIFYING') {
      const detail =
        'The provider says that it is not undone. Retry it, or give the external reference of the settlement.';
      return err(domainError('not-settled', detail));
    }
    return ok({ pending: false });
  }
}
