import { services } from '@checkout/contracts';
import { isOver } from '../books.ts';
import type { Evidence, LogVerification, OrderAtEnd, OrderHistory, OrderStatus, SagaAtEnd } from '../evidence.ts';
import type { Violation } from '../violation.ts';

/**
 * I5: each order's history counts 1, 2, 3, …, makes legal moves only and leads to the state that is shown; its saga came to
 * the same end; and every service finds its log without gaps, and equal to its read model when it is replayed.
 */
export function lawfulHistories({ orders, histories, sagas, logs }: Evidence): readonly Violation[] {
  const historyOf = histories && new Map(histories.map((history) => [history.orderId, history.events]));
  const sagaOf = new Map((sagas ?? []).map((saga) => [saga.orderId, saga]));
  return [
    ...(historyOf === undefined
      ? []
      : orders.flatMap((order) => checkHistory(order, historyOf.get(order.orderId) ?? []))),
    ...orders.flatMap((order) => checkSaga(order, sagaOf.get(order.orderId))),
    ...(logs === undefined ? [] : checkLogs(logs)),
  ];
}

type Events = OrderHistory['events'];

type Replayed = {
  readonly status: OrderStatus | undefined;
  readonly cancellation: 'none' | 'requested' | 'refused';
};

function checkHistory(order: OrderAtEnd, events: Events): readonly Violation[] {
  const { orderId, version, status } = order;
  const violation = (code: string, detail: string): Violation => ({ invariant: 'I5', code, orderId, detail });
  const gap = events.findIndex((event, index) => event.version !== index + 1);
  if (gap >= 0)
    return [violation('version-gap', `event ${gap + 1} of its history has version ${events[gap]?.version}`)];
  if (events.length < version) {
    return [violation('history-short', `is at version ${version}, and its history has ${events.length} events`)];
  }
  const illegal: Violation[] = [];
  let replayed: Replayed = { status: undefined, cancellation: 'none' };
  // A repeated answer may have been recorded after the order was read.
  for (const { version: at, type } of events.slice(0, version)) {
    const next = move(replayed, type);
    if (next === undefined) {
      illegal.push(
        violation('illegal-move', `${type} at version ${at}, when it was ${replayed.status ?? 'not there'}`),
      );
    }
    replayed = next ?? replayed;
  }
  if (illegal.length > 0 || replayed.status === status) return illegal;
  return [violation('replay-differs', `is ${status}, and its history ends ${replayed.status ?? 'before it began'}`)];
}

const reachedBy: Readonly<Record<string, OrderStatus>> = {
  OrderCreated: 'CREATED',
  OrderPaid: 'PAID',
  OrderShipped: 'SHIPPED',
  OrderCompleted: 'COMPLETED',
  OrderFailed: 'FAILED',
  OrderCancelled: 'CANCELLED',
};

/** Written down here once more: a checker that took them from the order service would share its mistakes. */
const successors: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  CREATED: ['PAID', 'FAILED', 'CANCELLED'],
  PAID: ['SHIPPED', 'FAILED', 'CANCELLED'],
  SHIPPED: ['COMPLETED', 'FAILED'],
  COMPLETED: [],
  FAILED: [],
  CANCELLED: [],
};

/** The order after the event; `undefined` when the event was not allowed. */
function move(order: Replayed, type: string): Replayed | undefined {
  const { status, cancellation } = order;
  const to = reachedBy[type];
  if (status === undefined) return to === 'CREATED' ? { ...order, status: to } : undefined;
  if (to !== undefined) return successors[status].includes(to) ? { ...order, status: to } : undefined;
  switch (type) {
    case 'OrderAnnounced':
      return status === 'CREATED' || (cancellation === 'requested' && (status === 'PAID' || status === 'SHIPPED'))
        ? order
        : undefined;
    case 'OrderCancellationRequested':
      return cancellation === 'none' && (status === 'CREATED' || status === 'PAID')
        ? { ...order, cancellation: 'requested' }
        : undefined;
    case 'OrderCancellationRefused':
      return cancellation === 'requested' ? { ...order, cancellation: 'refused' } : undefined;
    case 'AnswerRepeated':
    case 'Noted':
      return order;
    default:
      return undefined;
  }
}

/** A saga that has not ended is the business of I4. */
function checkSaga(order: OrderAtEnd, saga: SagaAtEnd | undefined): readonly Violation[] {
  if (saga === undefined || (saga.state !== 'COMPLETED' && saga.state !== 'COMPENSATED')) return [];
  const { orderId, status } = order;
  const violation = (code: string, detail: string): Violation => ({ invariant: 'I5', code, orderId, detail });
  const isCompleted = saga.state === 'COMPLETED';
  const left = saga.steps.filter((step) =>
    isCompleted ? step.status !== 'DONE' : step.status === 'RUNNING' || step.status === 'UNDOING',
  );
  const names = left.map((step) => `${step.name} ${step.status}`).join(', ');
  return [
    ...(isOver(order) && isCompleted === (status === 'COMPLETED')
      ? []
      : [violation('saga-disagrees', `is ${status}, its saga is ${saga.state}`)]),
    ...(left.length === 0 ? [] : [violation('step-left', `its saga is ${saga.state}, with ${names}`)]),
  ];
}

function checkLogs(logs: readonly LogVerification[]): readonly Violation[] {
  const violation = (code: string, detail: string): Violation => ({ invariant: 'I5', code, orderId: null, detail });
  const verified = new Set(logs.map(({ service }) => service));
  return [
    ...services
      .filter((service) => !verified.has(service))
      .map((service) => violation('log-not-verified', `${service} said nothing about its log`)),
    ...logs.flatMap(({ service, ok, findings }) => [
      ...findings.map((finding) => violation('log-disagrees', `${service}: ${finding}`)),
      ...(ok || findings.length > 0 ? [] : [violation('log-disagrees', `${service} does not say how`)]),
    ]),
  ];
}
