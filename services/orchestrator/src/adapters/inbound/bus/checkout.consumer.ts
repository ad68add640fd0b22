import type { Message } from '@checkout/contracts';
import type { Decided, Loaded } from '@checkout/event-log';
import type { MessageHandlers, Outcome } from '@checkout/messaging';
import type { createSagaDecider, SagaCommand } from '../../../domain/saga.ts';
import type { SagaEvent } from '../../../domain/saga-events.ts';
import type { Saga } from '../../../domain/saga-state.ts';

export type SagaAlerts = {
  anomaly: (saga: Loaded<Saga>, code: string) => void;
  operatorNeeded: (saga: Loaded<Saga>, reason: string) => void;
};

/** Everything that a saga listens to: the order's events, and the participants' replies. */
export function checkoutHandlers(
  decider: ReturnType<typeof createSagaDecider>,
  alerts: SagaAlerts,
): MessageHandlers<Saga, SagaEvent> {
  const decide = (loaded: Loaded<Saga>, command: SagaCommand): Outcome<Saga, SagaEvent> => {
    const decision = decider.decide(loaded.state, command);
    if (!decision.ok) throw new Error(`${command.type} was refused: ${decision.error.detail}`);
    return { events: decision.value, afterCommit: (saga) => alert(saga, decision.value, alerts) };
  };
  const reply = (loaded: Loaded<Saga>, message: Message) =>
    decide(loaded, { type: 'Reply', orderId: loaded.streamId, reply: message });
  const ended = (loaded: Loaded<Saga>) => decide(loaded, { type: 'OrderEnded', orderId: loaded.streamId });

  return {
    OrderCreated: (loaded, { data }) => decide(loaded, { type: 'OrderCreated', orderId: loaded.streamId, order: data }),
    OrderCancellationRequested: (loaded) => decide(loaded, { type: 'CancellationRequested', orderId: loaded.streamId }),
    OrderCompleted: ended,
    OrderFailed: ended,
    OrderCancelled: ended,
    FraudCleared: reply,
    FraudRejected: reply,
    FraudReviewRequested: reply,
    FraudUnavailable: reply,
    PaymentApproved: reply,
    PaymentDeclined: reply,
    PaymentCaptured: reply,
    PaymentCaptureRejected: reply,
    PaymentReleased: reply,
    PaymentUnavailable: reply,
    ShipmentRequested: reply,
    ShipmentRejected: reply,
    ShipmentDispatched: reply,
    ShipmentDispatchRefused: reply,
    ShipmentDelivered: reply,
    ShipmentLost: reply,
    ShipmentCancelled: reply,
    ShipmentUnavailable: reply,
  };
}

function alert(saga: Loaded<Saga>, events: readonly Decided<SagaEvent>[], alerts: SagaAlerts): void {
  for (const event of events) {
    if (event.type === 'AnomalyNoted') alerts.anomaly(saga, event.data.code);
    if (event.type === 'OperatorNeeded') alerts.operatorNeeded(saga, event.data.reason);
  }
}
