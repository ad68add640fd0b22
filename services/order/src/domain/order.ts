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
  /** How often what awaits an answer was said again since it was first said. */
  readonly announcements: number;
  /** The statuses that the saga has brought it to, in order. */
  readonly reached: readonly OrderStatus[];
};
type Undone = Open & { readonly failure: Failure };

export type Order =
  | { readonly status: 'NONE' }
  | (Open & { readonly status: 'CREATED' | 'PAID' | 'SHIPPED' | 'COMPLETED' })
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

/** What nobody answered is said again after this long, then at doubling intervals. */
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
        return goOn(order, 'PAID');
      case 'MarkOrderShipped':
        return goOn(order, 'SHIPPED');
      case 'CompleteOrder':
        return goOn(order, 'COMPLETED');
      case 'FailOrder':
        return end(order, 'FAILED', { type: 'OrderFailed', data: { failure: command.failure } });
      case 'CancelOrder':
        return end(order, 'CANCELLED', { type: 'OrderCancelled', data: { failure: command.failure } });
      case 'RefuseCancellation':
        return refuseCancellation(order, command.reason);
      default:
        return assertNever(command);
    }
  },

  evolve(order, event) {
    if (event.type === 'OrderCreated') {
      return { status: 'CREATED', details: event.data, cancellation: 'none', announcements: 0, reached: [] };
    }
    if (order.status === 'NONE') return order;
    const { details, cancellation, announcements } = order;
    const open = (status: OrderStatus): Open => ({
      details,
      cancellation,
      announcements,
      reached: [...order.reached, status],
    });
    switch (event.type) {
      case 'OrderAnnounced':
        return { ...order, announcements: announcements + 1 };
      case 'OrderCancellationRequested':
        return { ...order, cancellation: 'requested', announcements: 0 };
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

/**
 * Says again what nobody has answered: that there is an order, and that its customer wants it cancelled. Both were said
 * once and may have been missed, by a log that was restored or a reader that began at the end; saying it again costs nothing.
 */
function announceAgain(order: Order): Decision {
  if (order.status === 'NONE' || !awaitsAnswer(order)) return nothingToDo;
  const afterMs = Math.min(announceCapMs, announceAfterMs * 2 ** (order.announcements + 1));
  const created = order.status === 'CREATED' ? [{ type: 'OrderCreated', data: order.details }] : [];
  const requested = order.cancellation === 'requested' ? [{ type: 'OrderCancellationRequested', data: {} }] : [];
  return ok([
    { type: 'OrderAnnounced', data: {}, emits: [...created, ...requested], timer: { kind: 'announce', afterMs } },
  ]);
}

/** An order is taken up when it is paid or over; a wish to cancel is answered by a refusal, or by the order's end. */
function awaitsAnswer({ status, cancellation }: Pick<ExistingOrder, 'status' | 'cancellation'>): boolean {
  return status === 'CREATED' || (cancellation === 'requested' && (status === 'PAID' || status === 'SHIPPED'));
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
  const timer = { kind: 'announce', afterMs: announceAfterMs };
  return ok([{ type: 'OrderCancellationRequested', data: {}, timer }]);
}

function refuseCancellation(order: Order, reason: string): Decision {
  if (order.status === 'NONE' || order.cancellation !== 'requested') return nothingToDo;
  const refused: OrderEvent = { type: 'OrderCancellationRefused', data: { reason } };
  return ok([order.status === 'CREATED' ? refused : { ...refused, timer: null }]);
}

/** Where an order goes whose steps all succeed, and the event that brings it there. */
const way = ['CREATED', 'PAID', 'SHIPPED', 'COMPLETED'] as const;
type Milestone = Exclude<(typeof way)[number], 'CREATED'>;
const arrivals = { PAID: 'OrderPaid', SHIPPED: 'OrderShipped', COMPLETED: 'OrderCompleted' } as const;

/**
 * The saga sends its order commands again, in order, until the last is answered: what is done already, or comes behind a
 * failure, changes nothing. What was missed is made up for: an order that is shipped was paid.
 */
function goOn(order: Order, to: Milestone): Decision {
  if (order.status === 'NONE') return outOfTurn(order, to);
  const isOldNews = 'failure' in order && to !== 'COMPLETED';
  if (isOldNews || order.reached.includes(to)) return ok([repeated(order, to, { type: arrivals[to], data: {} })]);
  if ('failure' in order) return outOfTurn(order, to);
  const ahead = way.slice(way.indexOf(order.status) + 1, way.indexOf(to) + 1) as readonly Milestone[];
  return ok(ahead.flatMap((milestone) => arrive(order, milestone)));
}

/** A wish to cancel that is open when its order is completed has come too late, and the customer is told. */
function arrive({ cancellation }: ExistingOrder, to: Milestone): readonly Decided<OrderEvent>[] {
  const arrival = { type: arrivals[to], data: {} } as const;
  if (cancellation !== 'requested') return [{ ...arrival, timer: null }];
  if (to !== 'COMPLETED') return [arrival];
  const reason = 'the order was completed before the cancellation was decided';
  return [
    { type: 'OrderCancellationRefused', data: { reason } },
    { ...arrival, timer: null },
  ];
}

const mayEnd = {
  FAILED: ['CREATED', 'PAID', 'SHIPPED'],
  CANCELLED: ['CREATED', 'PAID'],
} as const satisfies Partial<Record<OrderStatus, readonly OrderStatus[]>>;

function end(order: Order, to: keyof typeof mayEnd, event: OrderEvent): Decision {
  if (order.status !== 'NONE' && order.reached.includes(to)) return ok([repeated(order, to, event)]);
  if (!mayEnd[to].some((status) => status === order.status)) return outOfTurn(order, to);
  return ok([{ ...event, timer: null }]);
}

function outOfTurn(order: Order, to: OrderStatus): Decision {
  return err(domainError('order-transition-refused', `An order that is ${order.status} cannot become ${to}.`));
}

function repeated(order: ExistingOrder, to: OrderStatus, event: OrderEvent): Decided<OrderEvent> {
  const data = 'failure' in order ? { failure: order.failure } : event.data;
  return { type: 'AnswerRepeated', data: {}, emits: order.status === to ? [{ type: event.type, data }] : [] };
}
