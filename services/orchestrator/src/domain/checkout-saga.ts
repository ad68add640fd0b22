import type { SagaDefinition, UndoCommand, UndoDefinition } from './saga-definition.ts';

/**
 * A participant answers within seconds, or it has a backlog, or it is resolving an unknown outcome. The bus loses nothing, so
 * asking again is for the rare; asking soon would only double a backlog.
 */
const answerSilence = { baseMs: 60_000, capMs: 60_000 } as const;
/** A delivery takes days: shipping follows it on its own, so asking again is only for a command that got lost. */
const deliverySilence = { baseMs: 3_600_000, capMs: 86_400_000 } as const;

const parcelLost = { means: 'refused', code: 'shipment-lost', undoOnly: ['ReleasePayment'] } as const;

/**
 * The checkout: compensatable steps, the pivot, then steps that are only retried. A new version is added beside this one;
 * a saga ends on the version that it began with.
 */
const checkoutSagaV1: SagaDefinition = {
  version: 1,
  steps: [
    {
      name: 'assess-fraud',
      kind: 'compensatable',
      command: 'AssessFraud',
      replies: {
        FraudCleared: { means: 'done' },
        FraudRejected: { means: 'refused', code: 'fraud-rejected' },
        FraudReviewRequested: { means: 'waiting-review' },
        FraudUnavailable: { means: 'unavailable' },
      },
      silence: answerSilence,
    },
    {
      name: 'authorize-payment',
      kind: 'compensatable',
      command: 'AuthorizePayment',
      operation: 'authorize',
      replies: {
        PaymentApproved: { means: 'done' },
        PaymentDeclined: { means: 'refused', code: 'payment-declined' },
        PaymentUnavailable: { means: 'unavailable' },
      },
      undo: 'ReleasePayment',
      onDone: 'MarkOrderPaid',
      silence: answerSilence,
    },
    {
      name: 'request-shipment',
      kind: 'compensatable',
      command: 'RequestShipment',
      operation: 'request',
      replies: {
        ShipmentRequested: { means: 'done' },
        ShipmentRejected: { means: 'refused', code: 'shipment-rejected' },
        ShipmentUnavailable: { means: 'unavailable' },
      },
      undo: 'CancelShipment',
      silence: answerSilence,
    },
    {
      name: 'capture-payment',
      kind: 'pivot',
      command: 'CapturePayment',
      operation: 'capture',
      replies: {
        PaymentCaptured: { means: 'done' },
        PaymentCaptureRejected: { means: 'refused', code: 'capture-rejected' },
        PaymentUnavailable: { means: 'unavailable' },
      },
      undo: 'ReleasePayment',
      silence: answerSilence,
    },
    {
      name: 'dispatch-shipment',
      kind: 'retriable',
      command: 'DispatchShipment',
      operation: 'dispatch',
      replies: {
        ShipmentDispatched: { means: 'done' },
        ShipmentDispatchRefused: { means: 'needs-operator' },
        ShipmentUnavailable: { means: 'unavailable' },
      },
      onDone: 'MarkOrderShipped',
      silence: answerSilence,
    },
    {
      name: 'await-delivery',
      kind: 'retriable',
      command: 'AwaitDelivery',
      replies: {
        ShipmentDelivered: { means: 'done' },
        ShipmentLost: parcelLost,
      },
      onDone: 'CompleteOrder',
      givenUpAs: parcelLost,
      silence: deliverySilence,
    },
  ],
};

/** Every definition that a running saga may have begun with. */
export const sagaDefinitions: readonly SagaDefinition[] = [checkoutSagaV1];

export const currentDefinition = checkoutSagaV1;

export const undoDefinitions: Readonly<Record<UndoCommand, UndoDefinition>> = {
  ReleasePayment: { operation: 'release', replies: { PaymentReleased: 'done', PaymentUnavailable: 'unavailable' } },
  CancelShipment: { operation: 'cancel', replies: { ShipmentCancelled: 'done', ShipmentUnavailable: 'unavailable' } },
};
