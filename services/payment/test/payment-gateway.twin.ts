import type { OrderId } from '@checkout/kernel';
import type {
  AuthorizeOutcome,
  CaptureOutcome,
  PaymentGateway,
  PaymentLookup,
  ProviderRecord,
  RefundOutcome,
  Unavailable,
  Unknown,
  VoidOutcome,
} from '../src/application/ports/payment-gateway.port.ts';

export type TwinOperation = 'authorize' | 'capture' | 'void' | 'refund' | 'find';

/**
 * What happens to one call.
 * - `refused`: it does not reach the provider. `answer-lost`: the provider acts, nobody hears of it.
 * - `lost`: it never arrives, nobody can tell. `late`: it arrives when the test says so, nobody hears of it.
 */
export type TwinFault = 'none' | 'refused' | 'answer-lost' | 'lost' | 'late';

export type PaymentGatewayTwin = PaymentGateway &
  PaymentLookup & {
    /** The fates of the next calls of an operation; those after the last meet none. */
    script(operation: TwinOperation, ...faults: readonly TwinFault[]): void;
    /** Lets arrive what is under way, in the order in which it was sent. */
    land(): void;
    /** Every call, in order. */
    readonly calls: readonly TwinOperation[];
    books(orderId: OrderId): ProviderRecord | undefined;
  };

const down: Unavailable = { kind: 'unavailable', reason: 'connect-failed' };
const silent: Unknown = { kind: 'unknown', reason: 'timeout' };
const noCurrency = 'XXX';
type Entry = ProviderRecord & { readonly token?: string };
const empty: Entry = {
  kind: 'found',
  currency: noCurrency,
  authorization: 'none',
  capture: 'none',
  authorized: 0,
  captured: 0,
  refunded: 0,
  voided: 0,
};

/** A payment provider in memory, with a ledger and one answer per operation and order. Passes the gateway's contract. */
export function createPaymentGatewayTwin(): PaymentGatewayTwin {
  const ledger = new Map<OrderId, Entry>();
  const answers = new Map<string, unknown>();
  const faults = new Map<TwinOperation, TwinFault[]>();
  const calls: TwinOperation[] = [];
  let underWay: (() => void)[] = [];

  const change = (orderId: OrderId, parts: Partial<Entry>) =>
    ledger.set(orderId, { ...(ledger.get(orderId) ?? empty), ...parts });

  /** Acts once for each operation of an order; whoever repeats it gets the first answer. */
  const once = <Outcome>(operation: TwinOperation, orderId: OrderId, act: () => Outcome): Outcome => {
    const key = `${orderId}:${operation}`;
    if (!answers.has(key)) answers.set(key, act());
    return answers.get(key) as Outcome;
  };

  const call = async <Outcome>(
    operation: TwinOperation,
    act: () => Outcome,
  ): Promise<Outcome | Unavailable | Unknown> => {
    calls.push(operation);
    const fault = faults.get(operation)?.shift() ?? 'none';
    switch (fault) {
      case 'none':
        return act();
      case 'refused':
        return down;
      case 'lost':
        return silent;
      case 'answer-lost':
        act();
        return silent;
      case 'late':
        underWay.push(act);
        return silent;
    }
  };

  const authorize = (orderId: OrderId, amount: number, currency: string, token: string): AuthorizeOutcome => {
    const before = ledger.get(orderId) ?? empty;
    if (before.authorization === 'voided') return { kind: 'declined', code: 'payment-declined', detail: 'voided' };
    const code = declineCodeOf(token);
    if (code !== undefined) {
      change(orderId, { currency, authorization: 'declined', declineCode: code });
      return { kind: 'declined', code, detail: 'the issuer says no' };
    }
    change(orderId, { currency, token, authorization: 'approved', authorized: before.authorized + amount });
    return { kind: 'approved', authorizationId: `authorization of ${orderId}`, amount, currency };
  };

  const capture = (orderId: OrderId, amount: number, currency: string): CaptureOutcome => {
    const payment = ledger.get(orderId) ?? empty;
    const live = payment.authorized - payment.captured - payment.voided;
    const isPossible = live === amount && payment.currency === currency && payment.token !== 'tok_capture_reject';
    if (!isPossible) {
      if (ledger.has(orderId)) change(orderId, { capture: 'rejected' });
      return { kind: 'rejected', detail: 'there is no such authorisation' };
    }
    change(orderId, { capture: 'captured', captured: payment.captured + amount });
    return { kind: 'captured', captureId: `capture of ${orderId}`, amount, currency };
  };

  const undo = (orderId: OrderId): VoidOutcome => {
    const payment = ledger.get(orderId) ?? empty;
    if (payment.captured > 0) return { kind: 'already-captured' };
    change(orderId, { authorization: 'voided', voided: payment.authorized });
    return { kind: 'voided' };
  };

  const refund = (orderId: OrderId, amount: number, currency: string): RefundOutcome => {
    const payment = ledger.get(orderId) ?? empty;
    if (payment.currency !== currency || amount > payment.captured - payment.refunded) {
      return { kind: 'rejected', detail: 'more than was captured' };
    }
    change(orderId, { refunded: payment.refunded + amount });
    return { kind: 'refunded' };
  };

  const books = (orderId: OrderId): ProviderRecord | undefined => {
    const payment = ledger.get(orderId);
    if (payment === undefined) return undefined;
    const { token: _token, ...visible } = payment;
    return visible;
  };

  return {
    authorize: ({ orderId, amount, currency, paymentToken }) =>
      call('authorize', () => once('authorize', orderId, () => authorize(orderId, amount, currency, paymentToken))),
    capture: ({ orderId, amount, currency }) =>
      call('capture', () => once('capture', orderId, () => capture(orderId, amount, currency))),
    void: ({ orderId }) => call('void', () => once('void', orderId, () => undo(orderId))),
    refund: ({ orderId, amount, currency }) =>
      call('refund', () => once('refund', orderId, () => refund(orderId, amount, currency))),
    find: (orderId) => call('find', () => books(orderId) ?? { kind: 'absent' }),
    script: (operation, ...next) => void faults.set(operation, [...(faults.get(operation) ?? []), ...next]),
    land() {
      const landing = underWay;
      underWay = [];
      for (const arrive of landing) arrive();
    },
    calls,
    books,
  };
}

function declineCodeOf(token: string): 'payment-declined' | 'insufficient-funds' | undefined {
  if (token === 'tok_insufficient_funds') return 'insufficient-funds';
  return token === 'tok_decline' ? 'payment-declined' : undefined;
}
