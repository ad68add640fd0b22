import * as fc from 'fast-check';
import type { NewEvent, TimerChange } from '../rows.ts';
import type { AppendRequest, AppendUnit, DeadLetterChange } from '../units.ts';
import { aDeadLetter, anEvent, anOrder, aStream, aUnit } from './units.builder.ts';

const orders = [anOrder(0, 1), anOrder(0, 2), anOrder(1, 3)];
const groups = ['payment', 'shipping'];

const timers: fc.Arbitrary<TimerChange | undefined> = fc.constantFrom(undefined, undefined, null, {
  kind: 'retry',
  afterMs: 5_000,
});
const events: fc.Arbitrary<NewEvent> = timers.map((timer) => anEvent(0, timer === undefined ? {} : { timer }));
const streams = fc
  .record({
    order: fc.constantFrom(...orders),
    version: fc.constantFrom(0, 0, 0, 1, 1, 1, 2, 2, 3, 4),
    events: fc.array(events, { minLength: 1, maxLength: 2 }),
    total: fc.option(fc.nat({ max: 2 })),
  })
  .map(({ order, version, events: some, total }) => aStream(order, version, { events: some, columns: { total } }));
const deadLetters = fc
  .record({
    group: fc.constantFrom(...groups),
    messageId: fc.constantFrom('m1', 'm2', 'm3'),
    orderId: fc.constantFrom(...orders, null),
  })
  .map((parts) => aDeadLetter(parts));
/** `seq` counts the letters that are there: two databases may leave different gaps in their numbers. */
const changes: fc.Arbitrary<DeadLetterChange> = fc
  .record({ seq: fc.nat({ max: 4 }), change: fc.constantFrom('settled' as const, 'held' as const, 'parked' as const) })
  .map(({ seq, change }) => {
    const letter = { group: 'payment', seq };
    return change === 'parked' ? { ...letter, change, reason: 'unreadable', detail: 'again' } : { ...letter, change };
  });

const units: fc.Arbitrary<AppendUnit> = fc
  .record({
    cause: fc.constantFrom(...Array.from({ length: 12 }, (_, index) => `m${index}`)),
    streams: fc.uniqueArray(streams, { maxLength: 2, selector: (stream) => stream.streamId }),
    key: fc.option(fc.constantFrom('key-1', 'key-2'), { freq: 4, nil: undefined }),
    deadLetters: fc.array(deadLetters, { maxLength: 1 }),
    deadLetterChanges: fc.array(changes, { maxLength: 1 }),
  })
  .map(({ cause, key, ...rest }) => ({
    ...aUnit(orders[0]!, 0, { cause }),
    ...rest,
    ...(key === undefined ? {} : { key: { keyHash: key, commandHash: cause, streamId: orders[0]! } }),
  }));
const moves = fc
  .record({ partition: fc.nat({ max: 1 }), from: fc.nat({ max: 2 }), by: fc.integer({ min: 1, max: 2 }) })
  .map(({ partition, from, by }) => ({ group: 'payment', logId: 'log-a', partition, from, to: from + by }));
const requests: fc.Arbitrary<AppendRequest> = fc.record({
  units: fc.array(units, { maxLength: 4 }),
  offsets: fc.array(moves, { maxLength: 2 }),
});
/** Transactions that touch few orders, causes, keys and letters, so that they get in each other's way. */
export const transactions: fc.Arbitrary<readonly (readonly AppendRequest[])[]> = fc.array(
  fc.array(requests, { minLength: 1, maxLength: 3 }),
  {
    minLength: 1,
    maxLength: 10,
    size: 'max',
  },
);
