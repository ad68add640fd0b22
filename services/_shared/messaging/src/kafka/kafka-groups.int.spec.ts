import { topicOf } from '@checkout/contracts';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { partitionOf } from '@checkout/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bus, Delivery } from '../bus.port.ts';
import type { BusWorld } from '../testing/bus.contract.ts';
import { capture, createBusContext, numbers, refusal, words } from '../testing/contract/context.ts';
import { createKafkaWorld } from '../testing/kafka-world.ts';

const brokers = process.env['KAFKA_BROKERS'] ?? '';
const partitions = numbers(testIdentity.partitions, 0);

describe.skipIf(brokers === '')('a group at the brokers of KAFKA_BROKERS', () => {
  let world: BusWorld;
  let opened: Bus[] = [];
  beforeEach(async () => {
    opened = [];
    world = await createKafkaWorld(brokers);
  });
  afterEach(async () => {
    await Promise.all(opened.map((bus) => bus.stop()));
    await world.close();
  });
  const { startListener, startConsumer, tallyOf } = createBusContext(
    () => world,
    (bus) => void opened.push(bus),
  );

  const topicsByPartition = (deliveries: readonly Delivery[]) => {
    const messages = deliveries.flatMap((delivery) => delivery.messages);
    return new Map(
      partitions.map((partition) => [
        partition,
        new Set(
          messages
            .filter(({ orderId }) => partitionOf(orderId, partitions.length) === partition)
            .map(({ topic }) => topic),
        ),
      ]),
    );
  };
  const both = new Set([topicOf('CapturePayment'), topicOf('OrderCancellationRefused')]);
  const none = new Set<string>();
  const publishEverywhere = (number: number) =>
    world.publish(
      ...partitions.flatMap((partition) => [
        capture(anOrder(partition, number), number),
        refusal(anOrder(partition, number), `${number}`),
      ]),
    );

  it('has each partition of all its topics with one member, and all members share them', async () => {
    // Three of them: dealing the topics one by one would put the partitions of two topics at two members.
    const members = [await startListener(), await startListener(), await startListener()];
    let number = 0;
    await world.until(async () => {
      number += 1;
      await publishEverywhere(number);
      return members.every(({ handled }) => handled.length > 0);
    });
    await world.rest();
    const before = members.map(({ deliveries }) => deliveries.length);
    await publishEverywhere((number += 1));
    const since = () => members.map(({ deliveries }, index) => topicsByPartition(deliveries.slice(before[index])));
    const places = () => since().flatMap((topics) => [...topics.values()].map(({ size }) => size));
    await world.until(() => places().reduce((sum, size) => sum + size) >= 2 * partitions.length);
    await world.rest();

    for (const partition of partitions) {
      const seen = since().map((topics) => topics.get(partition) ?? none);
      expect(seen.filter(({ size }) => size > 0)).toEqual([both]);
    }
    const shares = since().map((topics) => [...topics.values()].filter(({ size }) => size > 0).length);
    expect(shares.toSorted((a, b) => a - b)).toEqual([1, 1, 2]);
  });

  it('handles each message once and in order while members come and go', async () => {
    const orders = numbers(8).map((number) => anOrder(number % partitions.length, number));
    const tallies = () => Promise.all(orders.map((orderId) => tallyOf(orderId)));
    const publishing = (async () => {
      for (const number of numbers(40)) {
        await world.publish(...orders.map((orderId) => capture(orderId, number)));
        await world.clock.sleep(50);
      }
    })();
    await startConsumer('payment');
    const second = await startConsumer('payment');
    await world.until(async () => (await tallies()).every((tally) => tally.length > 5));
    const third = await startConsumer('payment');
    await second.stop();
    await world.until(async () => (await tallies()).every((tally) => tally.length > 20));
    await third.stop();
    await startConsumer('payment');
    await publishing;
    await world.until(async () => (await tallies()).every((tally) => tally.length >= 40));

    expect(await tallies()).toEqual(orders.map(() => words(40)));
  });

  it('goes on behind a member that left in the middle, with what that one had not handled', async () => {
    const leaving = await startListener();
    await world.publish(...numbers(100).map((number) => capture(anOrder(0), number)));
    await world.until(() => leaving.handled.length > 0);
    await leaving.stop();
    const left = leaving.handled.length;
    const next = await startListener();
    await world.until(() => left + next.handled.length >= 100);
    await world.rest();

    const handled = [...leaving.handled, ...next.handled].map(({ data }) =>
      String((data as { attempt: number }).attempt),
    );
    expect(handled).toEqual(words(100));
  });
});
