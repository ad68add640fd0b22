import type { RawMessage } from '@checkout/contracts';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { type OrderId, partitionOf } from '@checkout/kernel';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { TransientError } from './errors.ts';
import { createConsumerDriver, poison } from './testing/consumer.driver.ts';
import { labelOf, tallied } from './testing/tally.fixture.ts';

/** Two orders share a partition. */
const orders = [anOrder(0, 1), anOrder(0, 2), anOrder(1, 3)];
const partitions = [0, 1];

type Driver = ReturnType<typeof createConsumerDriver>;

/** What was published, partition by partition, and how far the group has got. */
type Model = { readonly published: RawMessage[][]; readonly positions: number[] };

type Command = fc.AsyncCommand<Model, Driver>;

const labelsOf = ({ published }: Model, orderId: OrderId) =>
  published.flat().flatMap((message) => (message.orderId === orderId ? [labelOf(message)] : []));

/** A command in a sentence; afterwards each order has handled the beginning of what it was sent, each message once. */
const command = (name: string, run: (model: Model, driver: Driver) => Promise<unknown>): Command => ({
  check: () => true,
  toString: () => name,
  async run(model, driver) {
    await run(model, driver);
    for (const orderId of orders) {
      const tally = await driver.tally(orderId);
      expect(tally).toEqual(labelsOf(model, orderId).slice(0, tally.length));
    }
  },
});

/** How a message fails. Whatever it is, mending the order ends it. */
const behaviours = {
  poison: () => poison,
  transient: () => () => {
    throw new TransientError('the log is away');
  },
  flaky: () => {
    let failuresLeft = 2;
    return ({ version }: { readonly version: number }, message: Pick<RawMessage, 'data'>) => {
      failuresLeft -= 1;
      if (failuresLeft >= 0) throw new Error(`failed at version ${version}`);
      return { events: [tallied(labelOf(message))] };
    };
  },
} as const;

const publish = (order: number, type: 'capture' | 'refusal') =>
  command(`publish ${type} of order ${order}`, async ({ published }, driver) => {
    const orderId = orders[order]!;
    const label = published.flat().length + 1;
    const message = type === 'capture' ? driver.capture(orderId, label) : driver.refusal(orderId, `r${label}`);
    published[partitionOf(orderId, testIdentity.partitions)]?.push(message);
  });

const spoil = (order: number, which: number, how: keyof typeof behaviours) =>
  command(`make message ${which} of order ${order} ${how}`, async ({ published }, driver) => {
    const ofOrder = published.flat().filter((message) => message.orderId === orders[order]);
    const message = ofOrder[which % Math.max(1, ofOrder.length)];
    if (message !== undefined) driver.on(message, behaviours[how]());
  });

/** The stream of the order moves on while one of its messages is being handled. */
const disturb = (order: number, which: number) =>
  command(`disturb message ${which} of order ${order}`, async ({ published }, driver) => {
    const ofOrder = published.flat().filter((message) => message.orderId === orders[order]);
    const message = ofOrder[which % Math.max(1, ofOrder.length)];
    if (message === undefined) return;
    driver.on(message, async () => {
      driver.mend(message);
      await driver.moveOn(message.orderId);
      return { events: [tallied(labelOf(message))] };
    });
  });

const mend = (order: number) =>
  command(`mend order ${order}`, async ({ published }, driver) =>
    driver.mend(...published.flat().filter((message) => message.orderId === orders[order])),
  );

const deliver = (partition: number, count: number) =>
  command(`deliver ${count} of partition ${partition}`, async (model, driver) => {
    const position = model.positions[partition] ?? 0;
    const batch = model.published[partition]?.slice(position, position + count) ?? [];
    try {
      await driver.deliver(...batch);
      model.positions[partition] = position + batch.length;
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
    }
  });

const rewind = (partition: number, by: number) =>
  command(`rewind partition ${partition} by ${by}`, async ({ positions }) => {
    positions[partition] = Math.max(0, (positions[partition] ?? 0) - by);
  });

const redrive = (order: number) =>
  command(`redrive order ${order}`, (_model, driver) => driver.redrive(orders[order]!));
const wait = command('wait', (_model, driver) => driver.redriven());
const restart = command('restart', (_model, driver) => driver.restart());

/** Looks in which the last redrive has to come to its end. */
const maxLooks = 20;

const anOrderNumber = fc.nat({ max: orders.length - 1 });
const aPartition = fc.constantFrom(...partitions);
const aMessageNumber = fc.nat({ max: 20 });
const commands = fc.commands<Model, Driver, false>(
  [
    fc.tuple(anOrderNumber, fc.constantFrom('capture' as const, 'refusal' as const)).map((args) => publish(...args)),
    fc.tuple(anOrderNumber, fc.constantFrom('capture' as const, 'refusal' as const)).map((args) => publish(...args)),
    fc.tuple(aPartition, fc.integer({ min: 1, max: 6 })).map((args) => deliver(...args)),
    fc.tuple(aPartition, fc.integer({ min: 1, max: 6 })).map((args) => deliver(...args)),
    fc
      .tuple(anOrderNumber, aMessageNumber, fc.constantFrom('poison' as const, 'transient' as const, 'flaky' as const))
      .map((args) => spoil(...args)),
    fc.tuple(anOrderNumber, aMessageNumber).map((args) => disturb(...args)),
    anOrderNumber.map(mend),
    fc.tuple(aPartition, fc.integer({ min: 1, max: 10 })).map((args) => rewind(...args)),
    anOrderNumber.map(redrive),
    fc.constant(wait),
    fc.constant(restart),
  ],
  { maxCommands: 80, size: 'max' },
);

it('handles what each order was sent, in its order and once, whatever fails on the way', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (some) => {
      const model: Model = { published: partitions.map(() => []), positions: partitions.map(() => 0) };
      const driver = createConsumerDriver();
      await fc.asyncModelRun(() => ({ model, real: driver }), some);

      for (const [order] of orders.entries()) await mend(order).run(model, driver);
      for (const partition of partitions) await deliver(partition, Infinity).run(model, driver);
      for (const [order] of orders.entries()) await redrive(order).run(model, driver);
      // A long shelf takes more turns of the event loop than one look has.
      for (let looks = 0; looks < maxLooks && (await driver.shelf()).length > 0; looks += 1) await driver.redriven();
      for (const orderId of orders) expect(await driver.tally(orderId)).toEqual(labelsOf(model, orderId));
      expect(await driver.shelf()).toEqual([]);
      await driver.stop();
    }),
    { numRuns: 150 },
  );
});
