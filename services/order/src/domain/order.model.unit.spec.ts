import { type Decided, isMarker } from '@checkout/event-log';
import { deepFreeze } from '@checkout/event-log/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type OrderCommand, orderDecider, type OrderDetails, type OrderEvent, type OrderStatus } from './order.ts';

type Row = Decided<OrderEvent>;
type Status = OrderStatus | 'NONE';
type Transition = Extract<OrderCommand['type'], `Mark${string}` | 'CompleteOrder' | 'FailOrder' | 'CancelOrder'>;

/** What an order promises, written down apart from how it is decided. */
type Model = {
  details: OrderDetails | undefined;
  /** The statuses that it has had, in order. */
  readonly had: Status[];
  /** What the world was told when a status was reached. */
  readonly told: Map<string, unknown>;
  cancellation: 'none' | 'requested' | 'refused';
  announcements: number;
};

/** An order as its stream keeps it: its rows, and the one timer that they have left. */
function createStream() {
  const rows: Row[] = [];
  let state = orderDecider.initialState;
  let timer: Row['timer'] = null;
  return {
    rows,
    state: () => state,
    timer: () => timer,
    /** Decides twice, on a frozen state, and records what was decided. Gives the rows, or the code of the refusal. */
    take(command: OrderCommand): readonly Row[] | string {
      const decision = orderDecider.decide(deepFreeze(state), deepFreeze(command));
      expect(orderDecider.decide(state, command)).toEqual(decision);
      if (!decision.ok) return decision.error.code;
      for (const row of deepFreeze(decision.value)) {
        rows.push(row);
        if (!isMarker(row)) state = orderDecider.evolve(state, row);
        if (row.timer !== undefined) timer = row.timer;
      }
      return decision.value;
    },
  };
}

type Stream = ReturnType<typeof createStream>;
type Command = fc.Command<Model, Stream>;

const targets: Readonly<Record<Transition, { readonly to: OrderStatus; readonly event: string }>> = {
  MarkOrderPaid: { to: 'PAID', event: 'OrderPaid' },
  MarkOrderShipped: { to: 'SHIPPED', event: 'OrderShipped' },
  CompleteOrder: { to: 'COMPLETED', event: 'OrderCompleted' },
  FailOrder: { to: 'FAILED', event: 'OrderFailed' },
  CancelOrder: { to: 'CANCELLED', event: 'OrderCancelled' },
};
/** From where an order gets there, by a command or by what makes up for one that was missed. */
const predecessors: Readonly<Record<OrderStatus, readonly Status[]>> = {
  CREATED: ['NONE'],
  PAID: ['CREATED'],
  SHIPPED: ['CREATED', 'PAID'],
  COMPLETED: ['CREATED', 'PAID', 'SHIPPED'],
  FAILED: ['CREATED', 'PAID', 'SHIPPED'],
  CANCELLED: ['CREATED', 'PAID'],
};
const way = ['PAID', 'SHIPPED', 'COMPLETED'] as const;
const eventOf = { PAID: 'OrderPaid', SHIPPED: 'OrderShipped', COMPLETED: 'OrderCompleted' } as const;
const isBetween = ({ had }: Model, step: (typeof way)[number], to: Status) =>
  !had.includes(step) && way.indexOf(step) < way.findIndex((milestone) => milestone === to);
const statusOf = (model: Model): Status => model.had.at(-1) ?? 'NONE';
const typesOf = (answer: readonly Row[] | string) =>
  typeof answer === 'string' ? answer : answer.map(({ type }) => type);
/** What others hear of these rows. */
const messagesOf = (rows: readonly Row[]) =>
  rows.flatMap((row) => [...(isMarker(row) ? [] : [{ type: row.type, data: row.data }]), ...(row.emits ?? [])]);

const minuteMs = 60_000;
const longestMs = 6 * 3_600_000;

/** That it was placed is answered by its first step or its end, a wish to cancel by a refusal or the end. */
const awaitsAnswer = (model: Model) => {
  const status = statusOf(model);
  return status === 'CREATED' || (model.cancellation === 'requested' && (status === 'PAID' || status === 'SHIPPED'));
};

/** A command in a sentence; afterwards the order shows what the model says, and its rows alone lead there. */
const command = (name: string, run: (model: Model, stream: Stream) => void): Command => ({
  check: () => true,
  toString: () => name,
  run(model, stream) {
    run(model, stream);
    const state = stream.state();
    expect(state.status).toBe(statusOf(model));
    if (state.status !== 'NONE') {
      expect(state.details).toEqual(model.details);
      expect(state.cancellation).toBe(model.cancellation);
    }
    expect(stream.timer()?.afterMs).toBe(
      awaitsAnswer(model) ? Math.min(longestMs, minuteMs * 2 ** model.announcements) : undefined,
    );
    const replayed = stream.rows.reduce(
      (current, row) => (isMarker(row) ? current : orderDecider.evolve(current, row)),
      orderDecider.initialState,
    );
    expect(replayed).toEqual(state);
  },
});

const detailsOf = (user: number): OrderDetails => ({
  userId: `u-${user}`,
  currency: 'EUR',
  items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
  total: 3998,
  paymentToken: 'tok_approve',
  shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
});

const place = (user: number) =>
  command(`place as user ${user}`, (model, stream) => {
    const answer = stream.take({ type: 'PlaceOrder', details: detailsOf(user) });
    if (statusOf(model) !== 'NONE') return expect(answer).toEqual([]);
    expect(typesOf(answer)).toEqual(['OrderCreated']);
    model.details = detailsOf(user);
    model.had.push('CREATED');
  });

const announce = command('announce again', (model, stream) => {
  const answer = stream.take({ type: 'AnnounceAgain' });
  if (!awaitsAnswer(model)) return expect(answer).toEqual([]);
  model.announcements += 1;
  expect(messagesOf(answer as readonly Row[]).slice(1)).toEqual([
    ...(statusOf(model) === 'CREATED' ? [{ type: 'OrderCreated', data: model.details }] : []),
    ...(model.cancellation === 'requested' ? [{ type: 'OrderCancellationRequested', data: {} }] : []),
  ]);
});

/** What an order has been told already is answered again and changes nothing; what contradicts its end is refused. */
const move = (type: Transition, detail: string) =>
  command(`${type} (${detail})`, (model, stream) => {
    const failure = { code: 'payment-declined', step: 'authorize-payment', detail } as const;
    const before = stream.state();
    const answer = stream.take(type === 'FailOrder' || type === 'CancelOrder' ? { type, failure } : { type });
    const { to, event } = targets[type];
    const hasFailed = statusOf(model) === 'FAILED' || statusOf(model) === 'CANCELLED';
    if (model.had.includes(to) || (hasFailed && type.startsWith('Mark'))) {
      expect(typesOf(answer)).toEqual(['AnswerRepeated']);
      expect(messagesOf(answer as readonly Row[])).toEqual(
        statusOf(model) === to ? [{ type: event, data: model.told.get(event) }] : [],
      );
      return expect(stream.state()).toBe(before);
    }
    if (!predecessors[to].includes(statusOf(model))) return expect(answer).toBe('order-transition-refused');
    const missed = way.filter((step) => isBetween(model, step, to));
    const isTooLate = to === 'COMPLETED' && model.cancellation === 'requested';
    expect(typesOf(answer)).toEqual([
      ...missed.map((step) => eventOf[step]),
      ...(isTooLate ? ['OrderCancellationRefused'] : []),
      event,
    ]);
    if (isTooLate) model.cancellation = 'refused';
    for (const step of missed) model.told.set(eventOf[step], {});
    model.told.set(event, (answer as readonly Row[]).at(-1)?.data);
    model.had.push(...missed, to);
  });

const requestCancellation = command('request a cancellation', (model, stream) => {
  const answer = stream.take({ type: 'RequestCancellation' });
  const status = statusOf(model);
  if (status === 'NONE') return expect(answer).toBe('order-not-found');
  if (model.cancellation === 'requested') return expect(answer).toEqual([]);
  if (model.cancellation === 'refused' || (status !== 'CREATED' && status !== 'PAID')) {
    return expect(answer).toBe('order-not-cancellable');
  }
  expect(typesOf(answer)).toEqual(['OrderCancellationRequested']);
  model.cancellation = 'requested';
  model.announcements = 0;
});

const refuseCancellation = command('refuse the cancellation', (model, stream) => {
  const answer = stream.take({ type: 'RefuseCancellation', reason: 'captured' });
  if (model.cancellation !== 'requested') return expect(answer).toEqual([]);
  expect(typesOf(answer)).toEqual(['OrderCancellationRefused']);
  model.cancellation = 'refused';
});

const aDetail = fc.constantFrom('first', 'second');
const commands = fc.commands<Model, Stream>(
  [
    fc.nat({ max: 1 }).map(place),
    fc.constant(announce),
    fc.constant(move('MarkOrderPaid', '')),
    fc.constant(move('MarkOrderShipped', '')),
    fc.constant(move('CompleteOrder', '')),
    aDetail.map((detail) => move('FailOrder', detail)),
    aDetail.map((detail) => move('CancelOrder', detail)),
    fc.constant(requestCancellation),
    fc.constant(refuseCancellation),
  ],
  { maxCommands: 60, size: 'max' },
);

it('whatever is asked of an order, and however often, it goes its way once and says the same each time', () => {
  fc.assert(
    fc.property(commands, (some) => {
      const model: Model = {
        details: undefined,
        had: [],
        told: new Map(),
        cancellation: 'none',
        announcements: 0,
      };
      fc.modelRun(() => ({ model, real: createStream() }), some);

      const ends = model.had.filter((status) => ['COMPLETED', 'FAILED', 'CANCELLED'].includes(status));
      expect(ends.length).toBeLessThanOrEqual(1);
      expect(new Set(model.had).size).toBe(model.had.length);
    }),
    { numRuns: 400 },
  );
});
