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

    it('goes on after a connection that fell silent, as before a stopped server', { timeout: 60_000 }, async () => {
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
      const taken: string[] = [];
      const first = listen({
        async handle({ messages }) {
          taken.push(...messages.map(labelOf));
          if (taken.length > 100) await gate.promise;
          return 'done';
        },
      });
      const { publisher } = world.connect();
      await first.bus.start();
      const second = listen();
      await second.bus.start();
      await publisher.publish(
        0,
        numbers(100).map((number) => capture(number)),
      );
      await world.until(() => taken.length === 100);
      expect(second.labels()).toEqual([]);

      // More than the first one has room for: some are on their way to it when it stops.
      await publisher.publish(
        0,
        numbers(100).map((number) => capture(number + 100)),
      );
      await world.until(() => taken.length > 100);
      const stopped = first.bus.stop();
      await world.rest();
      expect(second.labels()).toEqual([]);
      gate.resolve();
      await stopped;
      await world.until(() => taken.length + second.labels().length === 200);

      expect([...taken, ...second.labels()]).toEqual(numbers(200).map(String));
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

    it('begins again when its queue is deleted and made anew', async () => {
      const { bus, labels } = listen();
      const { publisher } = world.connect();
      await bus.start();
      await raw.deleteQueue(name('payment.0'));
      await world.until(async () => {
        await publisher.publish(0, [capture(1)]).catch(() => {});
        return labels().length > 0;
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
