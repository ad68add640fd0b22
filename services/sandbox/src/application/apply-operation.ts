import { assertNever, type Clock, type Ids, toInstant } from '@checkout/kernel';
import type { Answer, Decision, Notice } from '../domain/answer.ts';
import type { FaultSettings } from '../domain/fault-settings.ts';
import type { CarrierOperation, Operation, PspOperation } from '../domain/operation.ts';
import { authorize, capture, type Payment, refund, voidAuthorization } from '../domain/payment.ts';
import { scoreUser } from '../domain/score.ts';
import { arrive, book, cancel, dispatch, type Shipment } from '../domain/shipment.ts';
import { behaviourOf } from '../domain/test-token.ts';
import type { DueWorker } from './due-worker.ts';
import type { FaultDice } from './fault-dice.ts';
import type { LedgerRecords, Webhook } from './ports/ledger.port.ts';
import type { WebhookSender } from './ports/webhook-sender.port.ts';

export type ApplyDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dice: FaultDice;
  readonly settings: () => FaultSettings;
  readonly sender: Pick<WebhookSender, 'hasReceiver'>;
  /** From dispatch to arrival, in milliseconds. */
  readonly deliveryMs: number;
  readonly effects: Pick<DueWorker, 'wake'>;
  readonly webhooks: Pick<DueWorker, 'wake'>;
};

export type ApplyOperation = {
  /** Lets the operation take effect, inside a transaction. `undefined`: the provider fails, and nothing has happened. */
  operation(records: LedgerRecords, operation: Operation): Answer | undefined;
  arrival(records: LedgerRecords, reference: string): void;
};

/** Where decisions become records, webhooks and things that are due later. */
export function createApplyOperation(deps: ApplyDeps): ApplyOperation {
  const { clock, ids, dice, settings, sender, deliveryMs, effects, webhooks } = deps;

  const notify = (records: LedgerRecords, provider: Webhook['provider'], notices: readonly Notice[]) => {
    if (!sender.hasReceiver(provider)) return;
    const nowMs = clock.now();
    for (const notice of notices) {
      const { amount } = notice;
      const told = amount === undefined ? {} : { amount: dice.amountsTold()(amount) };
      const webhook: Webhook = { ...notice, ...told, id: ids.uuid(), provider, occurredAt: toInstant(nowMs) };
      for (let copies = dice.webhookCopies(provider); copies > 0; copies -= 1) {
        const dueMs = nowMs + dice.webhookDelayMs(provider);
        records.webhooks.add(webhook, dueMs);
        webhooks.wake(dueMs);
      }
    }
  };

  const applyPsp = (records: LedgerRecords, operation: PspOperation): Answer | undefined => {
    const payment = records.payments.find(operation.reference);
    if (isResisted(payment, operation, settings())) return undefined;
    const { state, answer, notices } = decidePsp(payment, operation, ids);
    if (state !== undefined) records.payments.save(state);
    notify(records, 'psp', notices);
    return answer;
  };

  const applyCarrier = (records: LedgerRecords, operation: CarrierOperation): Answer => {
    const { reference } = operation;
    const { state, answer, notices } = decideCarrier(records.shipments.find(reference), operation, ids);
    if (state !== undefined) records.shipments.save(state);
    notify(records, 'carrier', notices);
    if (state?.state === 'DISPATCHED') scheduleArrival(records, reference);
    return answer;
  };

  const scheduleArrival = (records: LedgerRecords, reference: string) => {
    if (deliveryMs === 0) return applyArrival(records, reference);
    const dueAtMs = clock.now() + deliveryMs;
    records.effects.add({ kind: 'arrival', reference }, dueAtMs);
    effects.wake(dueAtMs);
  };

  const applyArrival = (records: LedgerRecords, reference: string) => {
    const { state, notices } = arrive(records.shipments.find(reference));
    if (state !== undefined) records.shipments.save(state);
    notify(records, 'carrier', notices);
  };

  return {
    operation(records, operation) {
      switch (operation.provider) {
        case 'psp':
          return applyPsp(records, operation);
        case 'carrier':
          return applyCarrier(records, operation);
        case 'bureau':
          return scoreUser(operation.reference, operation.userId);
        default:
          return assertNever(operation);
      }
    },
    arrival: applyArrival,
  };
}

/** `tok_void_fails`: what was done cannot be undone while the setting says so. */
function isResisted(payment: Payment | undefined, { kind }: PspOperation, { psp }: FaultSettings): boolean {
  const undoes = kind === 'void' || kind === 'refund';
  return undoes && psp.voidFails && payment !== undefined && behaviourOf(payment.token).resistsUndoing;
}

function decidePsp(payment: Payment | undefined, operation: PspOperation, ids: Ids): Decision<Payment> {
  switch (operation.kind) {
    case 'authorize':
      return authorize(payment, operation, ids.uuid());
    case 'capture':
      return capture(payment, operation, ids.uuid());
    case 'void':
      return voidAuthorization(payment, operation.reference);
    case 'refund':
      return refund(payment, operation);
    default:
      return assertNever(operation);
  }
}

function decideCarrier(shipment: Shipment | undefined, operation: CarrierOperation, ids: Ids): Decision<Shipment> {
  const { reference } = operation;
  switch (operation.kind) {
    case 'book':
      return book(shipment, operation, ids.uuid());
    case 'dispatch':
      return dispatch(shipment, reference);
    case 'cancel':
      return cancel(shipment, reference, ids.uuid());
    default:
      return assertNever(operation);
  }
}
