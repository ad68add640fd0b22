import type { RawMessage } from '@checkout/contracts';
import type { NewDeadLetter } from '@checkout/event-log';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { createRecordingLogger, createTcpProxy } from '@checkout/runtime/testing';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ForeignRecord, Subscription } from '../bus.port.ts';
import { describeBus } from '../testing/bus.contract.ts';
import { createMessageBuilder } from '../testing/messages.builder.ts';
import { contractTopology, createRabbitmqWorld, type RabbitmqWorld } from '../testing/rabbitmq-world.ts';
import { labelOf } from '../testing/tally.fixture.ts';
import { declareTopology, type RabbitmqTopology, TopologyMismatchError } from './topology.ts';

const url = process.env['RABBITMQ_URL'] ?? '';
const topic = 'checkout.payment.commands';
const build = createMessageBuilder(testIdentity.partitions);
const capture = (attempt: number, order = anOrder(0)) => build('CapturePayment', order, { attempt });
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe.skipIf(url === '')('RabbitMQ (skipped without RABBITMQ_URL)', () => {
  describeBus('rabbitmq', () => createRabbitmqWorld(url));

  describe('a bus on RabbitMQ', () => {
    let world: RabbitmqWorld;
    let model: ChannelModel;
    let raw: Channel;
    const endings: (() => unknown)[] = [];
    beforeEach(async () => {
      world = await createRabbitmqWorld(url);
      model = await connect(url);
      raw = await model.createChannel();
    });
    afterEach(async () => {
      for (const end of endings.splice(0).toReversed()) await end();
      await model.close();
      await world.close();
    });

    const name = (rest: string) => `${world.address.prefix}${rest}`;
    const openProxy = async () => {
      const proxy = await createTcpProxy(url);
      endings.push(() => proxy.close());
      return proxy;
    };
    /** An instance that handles what comes, in the group `payment`. */
    const listen = (parts: Parameters<RabbitmqWorld['connect']>[0] & Partial<Subscription> = {}) => {
      const handled: RawMessage[] = [];
      const { bus, publisher, copyDeadLetter } = world.connect(parts);
      bus.subscribe({
        group: 'payment',
        topics: [topic],
        accepts: () => true,
        async handle({ messages }) {
          handled.push(...messages);
          return 'done';
        },
        ...(parts.handle && { handle: parts.handle }),
        ...(parts.parkForeign && { parkForeign: parts.parkForeign }),
      });
      endings.push(() => bus.stop());
      return { bus, publisher, copyDeadLetter, labels: () => handled.map(labelOf) };
    };
    const waiting = async (queue: string) => (await raw.checkQueue(name(queue))).messageCount;

    it('goes on after a connection that was cut: nothing lost, nothing overtaken, two log lines', async () => {
      const proxy = await openProxy();
      const logger = createRecordingLogger();
      const { bus, labels } = listen({ url: proxy.url, logger });
      const { publisher } = world.connect();
      await bus.start();
      await publisher.publish(
        0,
        numbers(50).map((number) => capture(number)),
      );
      await world.until(() => labels().length > 0);
      proxy.cut();
      await publisher.publish(
        0,
        numbers(50).map((number) => capture(number + 50)),
      );
      proxy.mend();
      await world.until(() => new Set(labels()).size === 100);

      expect([...new Set(labels())]).toEqual(numbers(100).map(String));
      // Messages come as soon as their queue is read, which may be before the last one is.
      await world.until(() => logger.lines.length >= 3);
      expect(logger.lines.map(({ message }) => message)).toEqual([
        'connected to RabbitMQ',
        'RabbitMQ does not answer: it is tried until it does',
        'connected to RabbitMQ',
      ]);
    });

    it('goes on after a connection that fell silent, as before a stopped server', async () => {
      const proxy = await openProxy();
      const { bus, labels } = listen({ url: proxy.url });
      const { publisher } = world.connect();
      await bus.start();
      proxy.hang();
      await publisher.publish(0, [capture(1)]);
      const other = listen();
      await other.bus.start();
      // The broker gives the partition to the other instance when heartbeats stay out.
      await world.until(() => other.labels().length === 1);
      expect(labels()).toEqual([]);
      proxy.mend();
    });

    it('starts without RabbitMQ, and takes deliveries when it comes', async () => {
      const proxy = await openProxy();
      proxy.cut();
      const { bus, publisher, labels } = listen({ url: proxy.url });
      await bus.start();
      await expect(publisher.publish(0, [capture(1)])).rejects.toThrow();

      proxy.mend();
      await world.until(() =>
        publisher.publish(0, [capture(1)]).then(
          () => true,
          () => false,
        ),
      );
      await world.until(() => labels().length > 0);
      expect(labels()[0]).toBe('1');
    });

    it('never drops a message for the number of times that it came', async () => {
      const { publisher } = world.connect();
      await publisher.publish(0, [capture(1), capture(2)]);
      for (let crash = 0; crash < 30; crash += 1) {
        const channel = await model.createChannel();
        await new Promise((resolve, reject) => {
          channel.consume(name('payment.0'), resolve).catch(reject);
        });
        await channel.close();
      }
      const { bus, labels } = listen();
      await bus.start();
      await world.until(() => labels().length === 2);

      expect(labels()).toEqual(['1', '2']);
    });

    it('gives a partition to one instance, and what it leaves to the next, in its place', async () => {
      const gate = Promise.withResolvers<void>();
      const order: string[] = [];
      const takers: number[] = [];
      const start = async (instance: number) => {
        const { bus } = listen({
          async handle({ messages }) {
            order.push(...messages.map(labelOf));
            takers.push(instance);
            if (order.length > 100) await gate.promise;
            return 'done';
          },
        });
        await bus.start();
        return bus;
      };
      const buses = [await start(0), await start(1)];
      const { publisher } = world.connect();
      await publisher.publish(
        0,
        numbers(100).map((number) => capture(number)),
      );
      await world.until(() => order.length === 100);
      expect(new Set(takers).size).toBe(1);

      // More than the instance has room for: some are on their way to it when it stops.
      await publisher.publish(
        0,
        numbers(100).map((number) => capture(number + 100)),
      );
      await world.until(() => order.length > 100);
      const inHand = order.length;
      const stopped = buses[takers[0] ?? 0]?.stop();
      await world.rest();
      expect(order).toHaveLength(inHand);
      gate.resolve();
      await stopped;
      await world.until(() => order.length === 200);

      expect(order).toEqual(numbers(200).map(String));
      expect(new Set(takers).size).toBe(2);
    });

    it('deals the partitions out to the instances that there are, and nothing overtakes on the way', async () => {
      const partitions = 16;
      const wide = await createRabbitmqWorld(url, { ...contractTopology, partitions });
      endings.push(() => wide.close());
      const buildWide = createMessageBuilder(partitions);
      const handled: { readonly instance: number; readonly partition: number; readonly label: string }[] = [];
      const start = async (instance: number) => {
        const { bus } = wide.connect();
        bus.subscribe({
          group: 'payment',
          topics: [topic],
          accepts: () => true,
          async handle({ partition, messages }) {
            handled.push(...messages.map((message) => ({ instance, partition, label: labelOf(message) })));
            return 'done';
          },
        });
        await bus.start();
        endings.push(() => bus.stop());
        return bus;
      };
      const { publisher } = wide.connect();
      let published = 0;
      const publish = async () => {
        const labels = numbers(40).map((number) => number + published);
        published += 40;
        await Promise.all(
          numbers(partitions).map((number) => {
            const batch = labels.map((label) =>
              buildWide('CapturePayment', anOrder(number - 1, (label % 10) * partitions), { attempt: label }),
            );
            return publisher.publish(number - 1, batch);
          }),
        );
      };
      const instancesOf = (from: number) => new Set(handled.slice(from).map(({ instance }) => instance));
      const all = () => handled.length === published * partitions;

      const first = await start(0);
      const publishing = publish();
      await start(1);
      await publishing;
      await wide.until(all);
      const before = handled.length;
      await publish();
      await wide.until(all);
      expect(instancesOf(before).size).toBe(2);

      const rest = handled.length;
      await first.stop();
      await publish();
      await wide.until(all);
      expect([...instancesOf(rest)]).toEqual([1]);
      for (const partition of numbers(partitions)) {
        const labels = handled.filter((one) => one.partition === partition - 1).map(({ label }) => label);
        expect(labels).toEqual(numbers(published).map(String));
      }
    });

    it('is not told of what a silent server did not confirm', async () => {
      const proxy = await openProxy();
      const { publisher } = world.connect({ url: proxy.url });
      await publisher.publish(0, [capture(1)]);
      proxy.hang();
      await expect(publisher.publish(0, [capture(2)])).rejects.toThrow();
      proxy.mend();
      await world.until(() =>
        publisher.publish(0, [capture(2)]).then(
          () => true,
          () => false,
        ),
      );
    });

    it('refuses what is published after its end', async () => {
      const ended = world.connect();
      await ended.publisher.publish(0, [capture(1)]);
      await ended.close();

      await expect(ended.publisher.publish(0, [capture(2)])).rejects.toThrow('the connection is closed');
    });

    it('acknowledges only what was handled: what is in hand stays at the broker', async () => {
      const gate = Promise.withResolvers<'done'>();
      let inHand = 0;
      const { bus } = listen({
        handle({ messages }) {
          inHand += messages.length;
          return gate.promise;
        },
      });
      const { publisher } = world.connect();
      await bus.start();
      await publisher.publish(0, [capture(1)]);
      await world.until(() => inHand > 0);
      const stopped = bus.stop();
      await world.rest();
      const { consumerCount } = await raw.checkQueue(name('payment.0'));
      expect(consumerCount).toBe(1);

      gate.resolve('done');
      await stopped;
      expect(await waiting('payment.0')).toBe(0);
    });

    it('refuses to report as published what no queue takes, and declares the queue again', async () => {
      const { publisher } = world.connect();
      await publisher.publish(0, [capture(1)]);
      for (const group of ['payment', 'payment-again', 'audit']) await raw.deleteQueue(name(`${group}.0`));

      await expect(publisher.publish(0, [capture(2)])).rejects.toThrow('no queue takes');
      await world.until(() =>
        publisher.publish(0, [capture(2)]).then(
          () => true,
          () => false,
        ),
      );
      await world.until(async () => (await waiting('payment.0')) >= 1);
    });

    it.each([
      ['a', 0],
      ['its last', testIdentity.partitions - 1],
    ])('makes %s queue anew that was deleted, and goes on', async (_which, partition) => {
      const { bus, labels } = listen();
      const { publisher } = world.connect();
      const messages = [capture(1, anOrder(partition))];
      await bus.start();
      await publisher.publish(partition, messages);
      await world.until(async () => labels().length > 0);
      await raw.deleteQueue(name(`payment.${partition}`));
      const before = labels().length;
      await world.until(async () => {
        await publisher.publish(partition, messages).catch(() => {});
        return labels().length > before;
      });
    });

    it('lists a record of somebody else, and holds nobody for it', async () => {
      const parked: ForeignRecord[] = [];
      const { bus, labels } = listen({ parkForeign: async (record) => void parked.push(record) });
      const { publisher } = world.connect();
      raw.publish(name(topic), '0', Buffer.from('hello'), { headers: { ce_type: 'greeting', count: 7 } });
      await world.until(async () => (await waiting('payment.0')) === 1);
      await publisher.publish(0, [capture(1)]);
      await bus.start();
      await world.until(() => labels().length === 1);

      expect(parked).toMatchObject([
        { topic, type: 'greeting', reason: 'ce_id is not the id of a message', record: { value: 'hello' } },
      ]);
      await world.until(async () => (await waiting('payment.0')) === 0);
    });

    it('copies a dead letter for people: as it came, with the reason', async () => {
      const bus = listen({
        async handle({ messages }) {
          for (const message of messages) bus.copyDeadLetter(letterOf(message));
          return 'done';
        },
      });
      const { publisher } = world.connect();
      await bus.bus.start();
      await publisher.publish(0, [capture(1)]);
      const queue = `${topic}.payment.dlt`;
      await world.until(async () => (await waiting(queue)) === 1);
      const copy = await raw.get(name(queue), { noAck: true });

      expect(copy).toMatchObject({
        properties: {
          headers: {
            ce_type: 'checkout.payment.v1.CapturePayment',
            'x-exception-message': 'handler-failed: no such currency',
            'x-original-exchange': name(topic),
            'x-original-routingKey': '0',
            'x-original-group': 'payment',
          },
        },
      });
      expect(String(copy !== false && copy.content)).toBe('{"attempt":1}');
    });

    describe('the topology', () => {
      const declare = (topology: RabbitmqTopology) =>
        declareTopology({ address: world.address, topology, logger: createRecordingLogger() });

      it('may be declared any number of times, and by several at once', async () => {
        await Promise.all([declare(contractTopology), declare(contractTopology)]);
        await declare(contractTopology);
      });

      it.each([
        ['more', 3],
        ['fewer', 5],
      ])('refuses a broker that has %s partitions than the log', async (word, partitions) => {
        await expect(declare({ ...contractTopology, partitions })).rejects.toThrow(
          `RabbitMQ has ${word} than ${partitions} queues of the group payment, and the log has ${partitions} partitions`,
        );
      });

      it('refuses queues of other settings, at the start of a bus too', async () => {
        await raw.deleteQueue(name('payment.2'));
        await raw.assertQueue(name('payment.2'), { durable: true });

        const refusal =
          /^RabbitMQ has queue '.*payment\.2' with other settings than this release needs: .*start again\.$/;
        await expect(declare(contractTopology)).rejects.toThrow(refusal);
        await expect(declare(contractTopology)).rejects.toBeInstanceOf(TopologyMismatchError);
        await expect(listen().bus.start()).rejects.toThrow(refusal);
      });

      it('refuses a group that it does not know', async () => {
        const { bus } = world.connect();
        bus.subscribe({ group: 'new', topics: [topic], accepts: () => true, handle: async () => 'done' });

        await expect(bus.start()).rejects.toThrow(`the group new reads ${topic}, which the topology does not give it`);
      });
    });
  });
});

function letterOf(message: RawMessage): NewDeadLetter {
  return {
    group: 'payment',
    orderId: message.orderId,
    topic: message.topic,
    messageId: message.id,
    type: message.type,
    message,
    reason: 'handler-failed',
    detail: 'no such currency',
    state: 'parked',
  };
}
