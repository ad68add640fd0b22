import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMessageBuilder } from '../testing/messages.builder.ts';
import { createRabbitmqWorld, type RabbitmqWorld } from '../testing/rabbitmq-world.ts';
import { labelOf } from '../testing/tally.fixture.ts';

const url = process.env['RABBITMQ_URL'] ?? '';
const killCommand = process.env['RABBITMQ_KILL_COMMAND'] ?? '';
const restartCommand = process.env['RABBITMQ_RESTART_COMMAND'] ?? '';

const { partitions } = testIdentity;
const ordersPerPartition = 10;
const perPartition = 500;
const perPublish = 20;
const killedAfter = 600;
const timeout = 120_000;

describe.skipIf(url === '' || killCommand === '' || restartCommand === '')(
  'RabbitMQ killed (skipped without RABBITMQ_URL, RABBITMQ_KILL_COMMAND and RABBITMQ_RESTART_COMMAND)',
  () => {
    const run = promisify(exec);
    let world: RabbitmqWorld;
    beforeEach(async () => {
      world = await createRabbitmqWorld(url);
    });
    afterEach(() => world.close());

    it('loses nothing that it acknowledged, and the first copies of an order are in order', { timeout }, async () => {
      const build = createMessageBuilder(partitions);
      const { bus, publisher } = world.connect();
      const handled = new Map<string, number[]>();
      bus.subscribe({
        group: 'payment',
        topics: ['checkout.payment.commands'],
        accepts: () => true,
        async handle({ messages }) {
          for (const message of messages) {
            const { orderId } = message;
            handled.set(orderId, [...(handled.get(orderId) ?? []), Number(labelOf(message))]);
          }
          return 'done';
        },
      });
      await bus.start();

      let acknowledged = 0;
      let failures = 0;
      /** As the relay does: what was not acknowledged comes again, and nothing behind it before. */
      const publishAll = async (partition: number) => {
        for (let sent = 0; sent < perPartition;) {
          const batch = Array.from({ length: perPublish }, (_, index) => {
            const number = sent + index;
            return build('CapturePayment', anOrder(partition, number % ordersPerPartition), { attempt: number });
          });
          try {
            await publisher.publish(partition, batch);
            sent += perPublish;
            acknowledged += perPublish;
          } catch {
            failures += 1;
            await world.clock.sleep(20);
          }
        }
      };
      const publishing = Promise.all(Array.from({ length: partitions }, (_, partition) => publishAll(partition)));
      await world.until(() => acknowledged >= killedAfter);
      await run(killCommand);
      const acknowledgedBefore = acknowledged;
      await run(restartCommand);
      await publishing;
      const firstCopies = () => [...handled.values()].map((numbers) => [...new Set(numbers)]);
      await world.until(() => firstCopies().flat().length === partitions * perPartition);
      await bus.stop();

      expect(acknowledgedBefore).toBeLessThan(partitions * perPartition);
      expect(failures).toBeGreaterThan(0);
      for (const numbers of firstCopies()) expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    });
  },
);
