import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { type RawMessage, topicOf } from '@checkout/contracts';
import { createEventLog } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import type { OrderId } from '@checkout/kernel';
import { createMetrics, createSystemClock } from '@checkout/runtime';
import { createRecordingLogger } from '@checkout/runtime/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { createRelay } from '../relay.ts';
import { capture, labelsOf, type Listener, numbers, words } from '../testing/contract/context.ts';
import { createPublisher, identityOf } from '../testing/embedded-worlds.ts';
import { connectionOfTest, waitUntil } from '../testing/kafka-world.ts';
import { createKafkaBus, ensureTopics, removeTopics } from './index.ts';

const brokers = process.env['KAFKA_BROKERS'] ?? '';
const killCommand = process.env['KAFKA_KILL_COMMAND'] ?? '';
const restartCommand = process.env['KAFKA_RESTART_COMMAND'] ?? '';
const canKill = brokers !== '' && killCommand !== '' && restartCommand !== '';

const run = promisify(exec);
const { partitions } = testIdentity;
/** A broker checks its logs before it starts again, and a busy machine takes a minute for that. */
const testTimeoutMs = 300_000;
const catchUpMs = 120_000;

const orders = numbers(500).map((number) => anOrder(number % partitions, number));
const perOrder = 20;

describe.skipIf(!canKill)('with a broker that KAFKA_KILL_COMMAND kills and KAFKA_RESTART_COMMAND starts again', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  /** A service whose log is relayed, and a bus to listen with. */
  const setup = async () => {
    const clock = createSystemClock();
    const logger = createRecordingLogger();
    const connection = connectionOfTest(brokers);
    const topics = [topicOf('CapturePayment')];
    await ensureTopics({ connection, clock, logger, topics, groups: [], partitions, replicationFactor: 1 });
    closing.push(() => removeTopics({ connection, logger, topics, groups: [] }));
    const connect = () => {
      const kafka = createKafkaBus({ connection, partitions, clock, logger, metrics: createMetrics('payment') });
      closing.push(() => kafka.close());
      return kafka;
    };
    const log = createEventLog({
      storage: createMemoryStorage({ identity: identityOf('orchestrator'), clock }),
      clock,
      soleWriter: true,
    });
    const relay = createRelay({ log, publisher: connect().publisher, clock, logger, owner: 'this process' });
    relay.start();
    closing.push(() => relay.stop());
    const listen = async (group: string): Promise<Listener> => {
      const { bus } = connect();
      const handled: RawMessage[] = [];
      bus.subscribe({
        group,
        topics,
        accepts: () => true,
        async handle(delivery) {
          handled.push(...delivery.messages);
          return 'done';
        },
      });
      await bus.start();
      closing.push(() => bus.stop());
      return { deliveries: [], handled };
    };
    return { logger, log, publish: createPublisher(() => log), listen };
  };

  const distinct = (listener: Listener) => new Set(listener.handled.map(({ id }) => id)).size;
  const firstCopies = (listener: Listener, orderId: OrderId) => [...new Set(labelsOf(listener, orderId))];

  it(
    'publishes every row of 10,000 concurrent appends, first copies in order, through a kill -9',
    async () => {
      const { publish, listen, logger } = await setup();
      const during = await listen('during');
      const appended = (from: number, to: number) =>
        Promise.all(
          numbers(to - from + 1, from).flatMap((number) => orders.map((orderId) => publish(capture(orderId, number)))),
        );
      const firstHalf = appended(1, perOrder / 2);
      await waitUntil(() => during.handled.length >= 500);
      await run(killCommand);
      await firstHalf;
      await appended(perOrder / 2 + 1, perOrder);
      await waitUntil(() => logger.lines.some(({ message }) => message.startsWith('Kafka does not answer')));
      await run(restartCommand);

      const total = orders.length * perOrder;
      await waitUntil(() => distinct(during) === total, catchUpMs);
      const afterwards = await listen('afterwards');
      await waitUntil(() => distinct(afterwards) === total);
      for (const orderId of orders) {
        expect(firstCopies(afterwards, orderId)).toEqual(words(perOrder));
        expect(firstCopies(during, orderId)).toEqual(words(perOrder));
      }
      // Said once by the publisher and once by the consumer, however often each of them tried.
      const away = logger.lines.filter(({ message }) => message.startsWith('Kafka does not answer'));
      expect(away).toHaveLength(2);
      expect(new Set(away.map(({ fields }) => fields['operation']))).toEqual(new Set(['consume', 'publish']));
    },
    testTimeoutMs,
  );
});
