import type { Failure, OrderItem, ShippingAddress } from '@checkout/contracts';
import type { Decided, Decider } from '@checkout/event-log';
import { assertNever, type DomainError, domainError, err, ok, type Result } from '@checkout/kernel';

export type OrderStatus = 'CREATED' | 'PAID' | 'SHIPPED' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

/** `requested`: the customer asked and the saga has not decided yet. `refused`: it came too late. */
export type Cancellation = 'none' | 'requested' | 'refused';

/** What the customer ordered, as it was accepted. `total` and `unitPrice` are minor units of `currency`. */
export type OrderDetails = {
  readonly userId: string;
  readonly currency: string;
  readonly items: readonly OrderItem[];
  readonly total: number;
  readonly paymentToken: string;
  readonly shippingAddress: ShippingAddress;
};

type Open = {
  readonly details: OrderDetails;
  readonly cancellation: Cancellation;
  /** The statuses that the saga has brought it to, in order. */
  readonly reached: readonly OrderStatus[];
};
type Undone = Open & { readonly failure: Failure };

export type Order =
  | { readonly status: 'NONE' }
  | (Open & { readonly status: 'CREATED'; readonly announcements: number })
  | (Open & { readonly status: 'PAID' | 'SHIPPED' | 'COMPLETED' })
  | (Undone & { readonly status: 'FAILED' | 'CANCELLED' });

export type ExistingOrder = Exclude<Order, { status: 'NONE' }>;

/** `PlaceOrder` and `RequestCancellation` come from the customer, `AnnounceAgain` from the timer, the rest from the saga. */
export type OrderCommand =
  | { readonly type: 'PlaceOrder'; readonly details: OrderDetails }
  | { readonly type: 'RequestCancellation' }
  | { readonly type: 'AnnounceAgain' }
  | { readonly type: 'MarkOrderPaid' | 'MarkOrderShipped' | 'CompleteOrder' }
  | { readonly type: 'FailOrder' | 'CancelOrder'; readonly failure: Failure }
  | { readonly type: 'RefuseCancellation'; readonly reason: string };

export type OrderEvent =
  | { readonly type: 'OrderCreated'; readonly data: OrderDetails }
  | { readonly type: 'OrderAnnounced'; readonly data: Record<string, never> }
  | { readonly type: 'OrderCancellationRequested'; readonly data: Record<string, never> }
  | { readonly type: 'OrderCancellationRefused'; readonly data: { readonly reason: string } }
  | { readonly type: 'OrderPaid' | 'OrderShipped' | 'OrderCompleted'; readonly data: Record<string, never> }
  | { readonly type: 'OrderFailed' | 'OrderCancelled'; readonly data: { readonly failure: Failure } };

export type OrderRefusalCode = 'order-not-found' | 'order-not-cancellable' | 'order-transition-refused';
export type OrderRefusal = DomainError<OrderRefusalCode>;

type Decision = Result<readonly Decided<OrderEvent>[], OrderRefusal>;

/** An order that nobody took up is announced again after this long, then at doubling intervals. */
const announceAfterMs = 60_000;
const announceCapMs = 6 * 3_600_000;
const nothingToDo: Decision = ok([]);

export const orderDecider: Decider<Order, OrderCommand, OrderEvent, OrderRefusal> = {
  initialState: { status: 'NONE' },

  decide(order, command) {
    switch (command.type) {
      case 'PlaceOrder':
        return place(order, command.details);
      case 'RequestCancellation':
        return requestCancellation(order);
      case 'AnnounceAgain':
        return announceAgain(order);
      case 'MarkOrderPaid':
        return transition(order, 'PAID', { type: 'OrderPaid', data: {} });
      case 'MarkOrderShipped':
        return transition(order, 'SHIPPED', { type: 'OrderShipped', data: {} });
      case 'CompleteOrder':
        return transition(order, 'COMPLETED', { type: 'OrderCompleted', data: {} });
      case 'FailOrder':
        return transition(order, 'FAILED', { type: 'OrderFailed', data: { failure: command.failure } });
      case 'CancelOrder':
        return transition(order, 'CANCELLED', { type: 'OrderCancelled', data: { failure: command.failure } });
      case 'RefuseCancellation':
        return refuseCancellation(order, command.reason);
      default:
        return assertNever(command);
    }
  },

  evolve(order, event) {
    if (event.type === 'OrderCreated') {
      return { status: 'CREATED', details: event.data, cancellation: 'none', reached: [], announcements: 0 };
    }
    if (order.status === 'NONE') return order;
    const { details, cancellation } = order;
    const open = (status: OrderStatus): Open => ({ details, cancellation, reached: [...order.reached, status] });
    switch (event.type) {
      case 'OrderAnnounced':
        return order.status === 'CREATED' ? { ...order, announcements: order.announcements + 1 } : order;
      case 'OrderCancellationRequested':
        return { ...order, cancellation: 'requested' };
      case 'OrderCancellationRefused':
        return { ...order, cancellation: 'refused' };
      case 'OrderPaid':
        return { status: 'PAID', ...open('PAID') };
      case 'OrderShipped':
        return { status: 'SHIPPED', ...open('SHIPPED') };
      case 'OrderCompleted':
        return { status: 'COMPLETED', ...open('COMPLETED') };
      case 'OrderFailed':
        return { status: 'FAILED', ...open('FAILED'), failure: event.data.failure };
      case 'OrderCancelled':
        return { status: 'CANCELLED', ...open('CANCELLED'), failure: event.data.failure };
      default:
        return assertNever(event);
    }
  },
};

function place(order: Order, details: OrderDetails): Decision {
  if (order.status !== 'NONE') return nothingToDo;
  return ok([{ type: 'OrderCreated', data: details, timer: { kind: 'announce', afterMs: announceAfterMs } }]);
}

/** The saga may have missed an order only if a log was restored; saying it again costs nothing. */
function announceAgain(order: Order): Decision {
  if (order.status !== 'CREATED') return nothingToDo;
  const afterMs = Math.min(announceCapMs, announceAfterMs * 2 ** (order.announcements + 1));
  return ok([
    {
      type: 'OrderAnnounced',
      data: {},
      emits: [{ type: 'OrderCreated', data: order.details }],
      timer: { kind: 'announce', afterMs },
    },
  ]);
}

function requestCancellation(order: Order): Decision {
  if (order.status === 'NONE') return err(domainError('order-not-found', 'There is no such order.'));
  if (order.cancellation === 'requested') return nothingToDo;
  const isOpen = order.status === 'CREATED' || order.status === 'PAID';
  if (!isOpen || order.cancellation === 'refused') {
    const why = order.cancellation === 'refused' ? ' and a cancellation was refused' : '';
    return err(
      domainError('order-not-cancellable', `The order is ${order.status}${why}: it can no longer be cancelled.`),
    );
  }
  return ok([{ type: 'OrderCancellationRequested', data: {} }]);
}

function refuseCancellation(order: Order, reason: string): Decision {
  if (order.status === 'NONE' || order.cancellation !== 'requested') return nothingToDo;
  return ok([{ type: 'OrderCancellationRefused', data: { reason } }]);
}

const successors: Readonly<Record<Order['status'], readonly OrderStatus[]>> = {
  NONE: [],
  CREATED: ['PAID', 'FAILED', 'CANCELLED'],
  PAID: ['SHIPPED', 'FAILED', 'CANCELLED'],
  SHIPPED: ['COMPLETED', 'FAILED'],
  COMPLETED: [],
  FAILED: [],
  CANCELLED: [],
};

/** The saga sends its order commands again, in order, until the last is answered: what is done already is answered again. */
function transition(order: Order, to: OrderStatus, event: OrderEvent): Decision {
  if (order.status !== 'NONE' && order.reached.includes(to)) return ok([repeated(order, to, event)]);
  if (!successors[order.status].includes(to)) {
    return err(domainError('order-transition-refused', `An order that is ${order.status} cannot become ${to}.`));
  }
  return ok([{ ...event, timer: null }]);
}

function repeated(order: ExistingOrder, to: OrderStatus, event: OrderEvent): Decided<OrderEvent> {
  const data = 'failure' in order ? { failure: order.failure } : event.data;
  return { type: 'AnswerRepeated', data: {}, emits: order.status === to ? [{ type: event.type, data }] : [] };
}
