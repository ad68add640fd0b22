/** An answer with 2xx: from then on the order may not be lost. One user places one order, with one key. */
export type Acknowledged = { readonly userId: string; readonly key: string; readonly orderId: string };

/** An order as the platform shows it when everything is quiet. Amounts are minor units, instants ISO 8601 in UTC. */
export type OrderAtEnd = {
  readonly orderId: string;
  readonly userId: string;
  readonly status: OrderStatus;
  readonly currency: string;
  readonly total: number;
  readonly failureCode: string | undefined;
  /** What became of the customer's wish to cancel; the end of a FAILED or CANCELLED order answers it as well. */
  readonly cancellation: 'none' | 'requested' | 'refused';
  /** In whose list of work it stands. */
  readonly waitsFor: 'operator' | 'reviewer' | undefined;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type OrderStatus = 'CREATED' | 'PAID' | 'SHIPPED' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

/** The payment provider's own books: minor units, cumulative, never lowered. */
export type LedgerPayment = {
  readonly orderId: string;
  readonly currency: string;
  readonly authorized: number;
  readonly captured: number;
  readonly refunded: number;
  readonly voided: number;
};

/** The carrier's own books. */
export type LedgerShipment = {
  readonly orderId: string;
  readonly state: 'BOOKED' | 'DISPATCHED' | 'DELIVERED' | 'CANCELLED' | 'LOST' | 'REJECTED';
};

/** How far the checkout of an order has come. */
export type SagaAtEnd = {
  readonly orderId: string;
  readonly state: 'RUNNING' | 'WAITING_REVIEW' | 'COMPENSATING' | 'COMPLETED' | 'COMPENSATED' | 'NEEDS_OPERATOR';
  readonly steps: readonly {
    readonly name: string;
    readonly status: 'PENDING' | 'RUNNING' | 'DONE' | 'REFUSED' | 'UNDOING' | 'UNDONE' | 'FAILED';
  }[];
};

/** The events of an order, as `GET /v1/orders/{id}/events` tells them. */
export type OrderHistory = {
  readonly orderId: string;
  readonly events: readonly { readonly version: number; readonly type: string }[];
};

/** What a service says of its own log, replayed and held against its read model. */
export type LogVerification = { readonly service: string; readonly ok: boolean; readonly findings: readonly string[] };

/** A message that was taken out of the flow. */
export type DeadLetter = {
  readonly service: string;
  readonly group: string;
  readonly orderId: string | null;
  readonly messageId: string;
  readonly reason: string;
  readonly state: 'parked' | 'held' | 'redriving';
  readonly parkedAt: string;
};

/** What the driver of a run with faults has counted itself. */
export type RunFacts = {
  /** How often each fault that the run meant to happen did happen. */
  readonly faults: Readonly<Record<string, number>>;
  /** Clients were still placing orders when the last fault ended. */
  readonly loadOutlivedFaults: boolean;
  /** Clients that wanted an order, and how many of them gave up before they had an answer. */
  readonly clients: number;
  readonly gaveUp: number;
};

/**
 * All that the world can see of a run: the answers that clients got, what the services show, and the providers' books.
 * What is `undefined` was not read, and is not checked.
 */
export type Evidence = {
  readonly acknowledged: readonly Acknowledged[];
  readonly orders: readonly OrderAtEnd[];
  readonly payments: readonly LedgerPayment[];
  readonly shipments: readonly LedgerShipment[];
  readonly sagas: readonly SagaAtEnd[] | undefined;
  readonly histories: readonly OrderHistory[] | undefined;
  readonly logs: readonly LogVerification[] | undefined;
  readonly deadLetters: readonly DeadLetter[];
  /** Of a run that made faults; it is held to have made them. */
  readonly run?: RunFacts | undefined;
};
