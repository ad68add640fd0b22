import type { Message, MessageType } from '@checkout/contracts';
import { type Decided, type Emit, isMarker } from '@checkout/event-log';
import { deepFreeze } from '@checkout/event-log/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { OperatorAction } from './decide-operator.ts';
import { createSagaDecider, type SagaCommand } from './saga.ts';
import type { ProviderOperation, StepCommand, UndoCommand } from './saga-definition.ts';
import type { SagaEvent } from './saga-events.ts';
import { isActive, publicState, type Saga } from './saga-state.ts';

const orderId = '0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01';
const decider = createSagaDecider({
  retryBaseMs: 1_000,
  retryCapMs: 60_000,
  stepTries: 1,
  undoTries: 1,
  reviewDeadlineMs: 900_000,
});
const order = {
  userId: 'u-1',
  currency: 'EUR',
  items: [{ productId: 'sku-1', quantity: 2, unitPrice: 1999 }],
  total: 3998,
  paymentToken: 'tok_approve',
  shippingAddress: { name: 'A. Buyer', line1: 'Street 1', city: 'Town', postalCode: '10115', country: 'DE' },
};

type Asked = StepCommand | UndoCommand;
type Ending = 'CompleteOrder' | 'FailOrder' | 'CancelOrder';

/** How a participant may answer: for good, for good and badly, or not now. */
const answers: Readonly<Record<Asked, { readonly done: MessageType; readonly others: readonly MessageType[] }>> = {
  AssessFraud: { done: 'FraudCleared', others: ['FraudRejected', 'FraudReviewRequested', 'FraudUnavailable'] },
  AuthorizePayment: { done: 'PaymentApproved', others: ['PaymentDeclined', 'PaymentUnavailable'] },
  RequestShipment: { done: 'ShipmentRequested', others: ['ShipmentRejected', 'ShipmentUnavailable'] },
  CapturePayment: { done: 'PaymentCaptured', others: ['PaymentCaptureRejected', 'PaymentUnavailable'] },
  DispatchShipment: { done: 'ShipmentDispatched', others: ['ShipmentDispatchRefused', 'ShipmentUnavailable'] },
  AwaitDelivery: { done: 'ShipmentDelivered', others: ['ShipmentLost'] },
  ReleasePayment: { done: 'PaymentReleased', others: ['PaymentUnavailable'] },
  CancelShipment: { done: 'ShipmentCancelled', others: ['ShipmentUnavailable'] },
};
/** What the participants call it in their `…Unavailable`. */
const operations: Readonly<Record<Asked, ProviderOperation | undefined>> = {
  AssessFraud: undefined,
  AuthorizePayment: 'authorize',
  RequestShipment: 'request',
  CapturePayment: 'capture',
  DispatchShipment: 'dispatch',
  AwaitDelivery: undefined,
  ReleasePayment: 'release',
  CancelShipment: 'cancel',
};
const isAsked = (type: string): type is Asked => Object.hasOwn(answers, type);
const endings: readonly string[] = ['CompleteOrder', 'FailOrder', 'CancelOrder'] satisfies readonly Ending[];

/**
 * What may be outstanding in the world, told from the messages that crossed the saga's border alone: of what the saga thinks
 * it knows nothing.
 */
type World = {
  /** Whom the saga asked last, and with which try. */
  asked: { readonly type: Asked; readonly attempt: number } | undefined;
  /** Who has said that it is done, after it had been asked. */
  readonly done: Set<MessageType>;
  payment: 'none' | 'may exist' | 'being released' | 'released';
  shipment: 'none' | 'may be booked' | 'being cancelled' | 'gone';
  ending: Ending | undefined;
  isClosed: boolean;
  /** Tries that have been sent, each with its number. */
  readonly tries: Set<string>;
  wishes: 'none' | 'open' | 'refused';
  /** What operators have done about what was asked for. */
  readonly byHand: Set<string>;
};

const aWorld = (): World => ({
  asked: undefined,
  done: new Set(),
  payment: 'none',
  shipment: 'none',
  ending: undefined,
  isClosed: false,
  tries: new Set(),
  wishes: 'none',
  byHand: new Set(),
});

/** The saga with its one timer, as its stream keeps them. */
function createStream() {
  let saga: Saga = decider.initialState;
  let timer: Decided<SagaEvent>['timer'] = null;
  return {
    timer: () => timer,
    status: () => (isActive(saga) ? publicState(saga) : 'NONE'),
    phase: () => saga.phase.status,
    /** Decides twice, on a frozen state, and records what was decided. */
    take(command: SagaCommand): readonly Decided<SagaEvent>[] {
      const decision = decider.decide(deepFreeze(saga), deepFreeze(command));
      expect(decider.decide(saga, command)).toEqual(decision);
      if (!decision.ok) {
        expect(command.type).toBe('Operator');
        return [];
      }
      // One input, one row.
      expect(decision.value.length).toBeLessThanOrEqual(1);
      for (const row of deepFreeze(decision.value)) {
        if (!isMarker(row)) saga = decider.evolve(saga, row);
        if (row.timer !== undefined) timer = row.timer;
      }
      return decision.value;
    },
  };
}

type Stream = ReturnType<typeof createStream>;
type Command = fc.Command<World, Stream>;

/** What a definite reply says of the world, if it answers what was asked last. */
function hear(world: World, type: MessageType): void {
  const asked = world.asked?.type;
  if (asked === undefined || ![answers[asked].done, ...answers[asked].others].includes(type)) return;
  if (type === answers[asked].done) world.done.add(type);
  if (type === 'PaymentDeclined') world.payment = 'none';
  if (type === 'PaymentReleased') world.payment = 'released';
  if (type === 'ShipmentRejected') world.shipment = 'none';
  if (type === 'ShipmentCancelled' || type === 'ShipmentLost') world.shipment = 'gone';
}

/** Not now, said of an older try or of something else, says nothing of what is under way. */
function answersLastTry({ asked }: World, { type, data }: Pick<Message, 'type' | 'data'>): boolean {
  if (!type.endsWith('Unavailable')) return true;
  const { attempt, operation } = data as { readonly attempt: number; readonly operation?: ProviderOperation };
  return asked !== undefined && attempt === asked.attempt && operation === operations[asked.type];
}

const isSettlement = (row: Decided<SagaEvent>) =>
  row.type === 'SettledExternally' || (row.data as { readonly isSettled?: boolean }).isSettled === true;

/** The operator names where it was settled, for their word alone is none: what is stuck, or the money of a step given up. */
function settleOutside(world: World, input: SagaCommand): void {
  expect(input).toMatchObject({ type: 'Operator', note: { externalReference: 'bank 1' } });
  if (world.asked?.type === 'CancelShipment') world.shipment = 'gone';
  else world.payment = 'released';
}

/** The operator's word counts, whatever the participant knows: it is done, or the parcel will not arrive. */
function settleByHand(world: World, action: OperatorAction): void {
  const asked = world.asked?.type ?? 'AssessFraud';
  world.byHand.add(`${action} ${asked}`);
  if (action === 'mark-done') {
    expect(['DispatchShipment', 'AwaitDelivery']).toContain(asked);
    world.done.add(answers[asked].done);
  }
  if (action === 'mark-undone' && asked === 'AwaitDelivery') world.shipment = 'gone';
}

/** What must be true of the world for each command that leaves, and what becomes of the world by it. */
const laws: Readonly<Record<Asked | Ending, (world: World) => void>> = {
  AssessFraud: () => {},
  AuthorizePayment(world) {
    expect(world.done).toContain('FraudCleared');
    expect(world.payment).not.toBe('released');
    world.payment = 'may exist';
  },
  RequestShipment(world) {
    expect(world.done).toContain('PaymentApproved');
    world.shipment = 'may be booked';
  },
  CapturePayment(world) {
    expect(world.done).toContain('ShipmentRequested');
    expect([world.payment, world.shipment]).toEqual(['may exist', 'may be booked']);
  },
  DispatchShipment(world) {
    expect(world.done).toContain('PaymentCaptured');
    expect([world.payment, world.shipment]).toEqual(['may exist', 'may be booked']);
  },
  AwaitDelivery(world) {
    expect(world.done).toContain('ShipmentDispatched');
  },
  ReleasePayment(world) {
    expect(['may exist', 'being released']).toContain(world.payment);
    world.payment = 'being released';
  },
  CancelShipment(world) {
    expect(['may be booked', 'being cancelled']).toContain(world.shipment);
    world.shipment = 'being cancelled';
  },
  CompleteOrder(world) {
    expect([...world.done]).toEqual(expect.arrayContaining(['PaymentCaptured', 'ShipmentDelivered']));
    expect(world.payment).toBe('may exist');
  },
  FailOrder: undone,
  CancelOrder: undone,
};

/** An order ends badly only when it is certain, of money and of parcels, that nothing is left of either. */
function undone(world: World): void {
  expect(['none', 'released']).toContain(world.payment);
  expect(['none', 'gone']).toContain(world.shipment);
}

function send(world: World, { type, data }: Emit): void {
  if (!isAsked(type) && !endings.includes(type)) return;
  laws[type as Asked | Ending](world);
  if (isAsked(type)) {
    const { attempt } = data as { readonly attempt: number };
    // A reply names the try that it answers, so no two tries may have one number.
    expect(world.tries).not.toContain(`${type} ${attempt}`);
    world.tries.add(`${type} ${attempt}`);
    world.asked = { type, attempt };
  } else {
    expect(world.ending ?? type).toBe(type);
    world.ending = type as Ending;
  }
}

const waitsForPerson = (stream: Stream) => stream.phase() === 'NEEDS_OPERATOR';

/** A command in a sentence; afterwards all that was sent is lawful, and somebody is sure to move the saga on. */
const command = (name: string, run: (world: World, stream: Stream) => SagaCommand | undefined): Command => ({
  check: () => true,
  toString: () => name,
  run(world, stream) {
    const input = run(world, stream);
    if (input === undefined) return;
    if (input.type === 'Reply') hear(world, input.reply.type);
    const isForLastTry = input.type !== 'Reply' || answersLastTry(world, input.reply);
    const rows = stream.take(input);
    const sent = rows.flatMap((row) => row.emits ?? []);
    if (world.isClosed) {
      const isStillAsked = input.type === 'Reply' && input.reply.type === 'FraudReviewRequested';
      expect(
        rows.filter(({ type }) => type !== 'AnomalyNoted' && !(isStillAsked && type === 'AnswerRepeated')),
      ).toEqual([]);
      expect(sent.filter(({ type }) => !(isStillAsked && type === 'WithdrawReview'))).toEqual([]);
    }
    if (rows.some(isSettlement)) settleOutside(world, input);
    if (input.type === 'Operator' && rows.length > 0) settleByHand(world, input.action);
    if (!isForLastTry) expect(rows).toEqual([]);
    for (const message of sent) send(world, message);
    if (sent.some(({ type }) => type === 'RefuseCancellation')) world.wishes = 'refused';
    if (rows.some(({ type }) => type === 'SagaClosed')) world.isClosed = true;

    if (world.isClosed) expect(stream.status()).toBe(world.ending === 'CompleteOrder' ? 'COMPLETED' : 'COMPENSATED');
    const mustMove = stream.status() !== 'NONE' && !world.isClosed && !waitsForPerson(stream);
    expect([stream.status(), stream.timer() !== null]).toEqual([stream.status(), mustMove]);
  },
});

const detailsOf: Readonly<Partial<Record<MessageType, object>>> = {
  FraudRejected: { code: 'fraud-rejected', detail: 'd' },
  FraudReviewRequested: { reason: 'r' },
  PaymentDeclined: { code: 'insufficient-funds', detail: 'd' },
};
const reply = (type: MessageType, attempt: number, to: Asked): SagaCommand => ({
  type: 'Reply',
  orderId,
  reply: { type, data: { attempt, operation: operations[to], reason: 'reset', detail: 'd', ...detailsOf[type] } },
});

const created = command('the order is created', () => ({ type: 'OrderCreated', orderId, order }));
const done = command('what was asked for is done', ({ asked }) =>
  asked === undefined ? undefined : reply(answers[asked.type].done, asked.attempt, asked.type),
);
const otherwise = (which: number) =>
  command(`what was asked for gets answer ${which}`, ({ asked }) => {
    const others = asked === undefined ? [] : answers[asked.type].others;
    const type = others[which % Math.max(1, others.length)];
    return type === undefined || asked === undefined ? undefined : reply(type, asked.attempt, asked.type);
  });
/** The participant is away for some tries. */
const away = (times: number): Command => ({
  check: () => true,
  toString: () => `what was asked for is unavailable ${times} times`,
  run(world, stream) {
    for (let time = 0; time < times; time += 1) {
      const { asked } = world;
      const type = asked && answers[asked.type].others.find((other) => other.endsWith('Unavailable'));
      if (type !== undefined) stray(type, asked!.attempt, asked!.type).run(world, stream);
      timerFires.run(world, stream);
    }
  },
});
/** An answer to something that was asked for once, whatever is asked for by now. */
const crossing = (which: number, how: number) =>
  command(`answer ${how} to question ${which} of those so far`, ({ tries }) => {
    const [type, attempt] = ([...tries][which % Math.max(1, tries.size)] ?? '').split(' ');
    if (type === undefined || !isAsked(type)) return undefined;
    const all = [answers[type].done, ...answers[type].others];
    return reply(all[how % all.length]!, Number(attempt), type);
  });
/** Of an old try, repeated, or what nobody can have asked for. */
const stray = (type: MessageType, attempt: number, to: Asked) =>
  command(`${type} of try ${attempt} of ${to}`, () => reply(type, attempt, to));
const timerFires = command('the timer fires', (_world, stream) => {
  const timer = stream.timer();
  return timer ? { type: 'TimerFired', orderId, kind: timer.kind } : undefined;
});
/** Behind the order's creation and before its end: the bus keeps what one order says in its order. */
const cancel = command('the customer cancels', (world, stream) => {
  if (stream.status() === 'NONE' || world.isClosed) return undefined;
  if (world.wishes === 'none') world.wishes = 'open';
  return { type: 'CancellationRequested', orderId };
});
const ended = command('the order has ended', ({ ending }) =>
  ending === undefined ? undefined : { type: 'OrderEnded', orderId },
);
const operator = (action: OperatorAction, isSettled: boolean) =>
  command(`the operator says ${action}${isSettled ? ', settled outside' : ''}`, () => ({
    type: 'Operator',
    orderId,
    action,
    note: { actor: 'j.doe', reason: 'why', ...(isSettled && { externalReference: 'bank 1' }) },
  }));

const often = (count: number, arbitrary: fc.Arbitrary<Command>) => Array.from({ length: count }, () => arbitrary);
/** Any reply as any participant's answer to any of its tries. */
const aReply = fc
  .constantFrom(...(Object.keys(answers) as Asked[]))
  .chain((asked) =>
    fc.tuple(
      fc.constantFrom(answers[asked].done, ...answers[asked].others),
      fc.integer({ min: 1, max: 4 }),
      fc.constant(asked),
    ),
  );
const commands = fc.commands<World, Stream>(
  [
    ...often(2, fc.constant(created)),
    ...often(7, fc.constant(done)),
    ...often(3, fc.nat({ max: 2 }).map(otherwise)),
    ...often(
      2,
      aReply.map((args) => stray(...args)),
    ),
    ...often(2, fc.constant(timerFires)),
    ...often(3, fc.nat({ max: 4 }).map(away)),
    ...often(
      2,
      fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 3 })).map((args) => crossing(...args)),
    ),
    ...often(2, fc.constant(cancel)),
    fc.constant(ended),
    ...often(
      3,
      fc
        .tuple(fc.constantFrom<OperatorAction>('retry', 'mark-undone', 'mark-done'), fc.boolean())
        .map((args) => operator(...args)),
    ),
  ],
  { maxCommands: 80, size: 'max' },
);

/** More inputs than a saga needs from any state to its end, when everybody does what it asks for. */
const maxSteps = 40;

it('whatever comes in whatever order, the saga asks for nothing that it must not, and comes to one lawful end', () => {
  const endingsSeen = new Map<string, number>();
  const byHandSeen = new Set<string>();
  fc.assert(
    // How many steps go well at first: by chance alone few sagas would come to their last one.
    fc.property(fc.nat({ max: 5 }), commands, (wellAtFirst, some) => {
      const world = aWorld();
      const stream = createStream();
      if (wellAtFirst > 0) created.run(world, stream);
      for (let step = 0; step < wellAtFirst; step += 1) done.run(world, stream);
      fc.modelRun(() => ({ model: world, real: stream }), some);

      // From here on everybody is well.
      created.run(world, stream);
      const isReview = () => stream.status() === 'WAITING_REVIEW';
      for (let step = 0; step < maxSteps && !world.isClosed; step += 1) {
        if (waitsForPerson(stream)) operator('retry', false).run(world, stream);
        else if (isReview()) stray('FraudCleared', 1, 'AssessFraud').run(world, stream);
        else if (world.ending === undefined) done.run(world, stream);
        else ended.run(world, stream);
      }
      expect([world.isClosed, stream.timer()]).toEqual([true, null]);
      // Who wished to cancel is told that it came too late, or the order has not been completed.
      if (world.wishes === 'open') expect(world.ending).not.toBe('CompleteOrder');
      for (const settled of world.byHand) byHandSeen.add(settled);
      endingsSeen.set(String(world.ending), (endingsSeen.get(String(world.ending)) ?? 0) + 1);
    }),
    { numRuns: 600 },
  );
  // The runs were not all of one kind.
  expect([...endingsSeen.keys()].toSorted()).toEqual(['CancelOrder', 'CompleteOrder', 'FailOrder']);
  for (const action of ['retry', 'mark-undone', 'mark-done']) expect(byHandSeen).toContain(`${action} AwaitDelivery`);
});
