import { type ServiceName, services, topicOf } from '@checkout/contracts';
import { createEventLog, type EventLog, type LogIdentity } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder } from '@checkout/event-log/testing';
import { causeOf } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { createRecordingLogger } from '@checkout/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../bus.port.ts';
import { capture, labels, numbers, refusal, words } from '../testing/contract/context.ts';
import { createPublisher, identityOf } from '../testing/embedded-worlds.ts';
import { tallyStream } from '../testing/tally.fixture.ts';
import { createEmbeddedBus } from './embedded-bus.ts';
import { createLocalLogSource, type LogSource } from './log-source.ts';

/** The payment service's bus over logs in memory, of which a test may replace parts. */
function setup(parts: { readonly identity?: Partial<LogIdentity>; readonly source?: Partial<LogSource> } = {}) {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const fatal: Error[] = [];
  const logs = Object.fromEntries(
    services.map((service) => {
      const identity = identityOf(service, service === 'orchestrator' ? parts.identity : {});
      return [service, createEventLog({ storage: createMemoryStorage({ identity, clock }), clock, soleWriter: true })];
    }),
  ) as Record<ServiceName, EventLog>;
  const sources = Object.fromEntries(
    services.map((service) => [service, createLocalLogSource(logs[service])]),
  ) as Record<ServiceName, LogSource>;
  const deliveries: Delivery[] = [];
  const openBus = () => {
    const bus = createEmbeddedBus({
      log: logs.payment,
      sources: { ...sources, orchestrator: { ...sources.orchestrator, ...parts.source } },
      clock,
      logger,
      onFatal: (error) => void fatal.push(error),
    });
    bus.subscribe({
      group: 'payment',
      topics: [topicOf('CapturePayment'), topicOf('OrderCancellationRefused')],
      accepts: () => true,
      async handle(delivery) {
        const { offsets } = await logs.payment.append({ units: [], offsets: delivery.offsets });
        if (offsets === 'stale') return 'stale';
        deliveries.push(delivery);
        return 'done';
      },
    });
    return bus;
  };
  const delivered = () => labels(deliveries.flatMap(({ messages }) => messages));
  return { clock, logger, logs, fatal, deliveries, delivered, openBus, publish: createPublisher((name) => logs[name]) };
}

const offset = (logId: string, to: number) => ({
  units: [],
  offsets: [{ group: 'payment', logId, partition: 2, from: 0, to }],
});

describe('a group whose offsets do not fit', () => {
  it('does not start on another log than the one it has read, and says so in a line', async () => {
    const { logs, openBus } = setup();
    await logs.payment.append(offset('a log that was there before', 1));

    const failure = await openBus()
      .start()
      .catch((error: Error) => error);
    expect(failure).toMatchObject({ name: 'OffsetMismatchError' });
    expect((failure as Error).message).toMatch(
      /^payment has read from a log \(a log that was there before\)[^\n]*--reset[^\n]*$/,
    );
  });

  it('does not start behind the end of the log', async () => {
    const { logs, openBus, publish } = setup();
    await publish(capture(anOrder(2), 1));
    await logs.payment.append(offset(logs.orchestrator.identity.logId, 2));

    await expect(openBus().start()).rejects.toThrow(
      /^payment has read orchestrator's partition 2 up to 2, and it ends at 1:[^\n]*$/,
    );
  });

  it('starts at the end of the log', async () => {
    const { logs, openBus, publish, delivered, clock } = setup();
    await publish(capture(anOrder(2), 1));
    await logs.payment.append(offset(logs.orchestrator.identity.logId, 1));
    await openBus().start();
    await publish(capture(anOrder(2), 2));
    await clock.settle();

    expect(delivered()).toEqual(['2']);
  });

  it('does not start beside a log of other partitions', async () => {
    const { openBus } = setup({ identity: { partitions: 8 } });

    await expect(openBus().start()).rejects.toThrow('orchestrator has 8 partitions, payment has 4: they must agree.');
  });
});

describe('a producer that has not made its log yet', () => {
  it('is waited for, without holding up the start', async () => {
    let isThere = false;
    const base = setup();
    const { clock, logs, openBus, delivered } = setup({
      source: { identity: async () => (isThere ? base.logs.orchestrator.identity : undefined) },
    });
    await openBus().start();
    await createPublisher((name) => logs[name])(capture(anOrder(), 1));
    await clock.advance(1_000);
    expect(delivered()).toEqual([]);

    isThere = true;
    await clock.advance(1_000);
    expect(delivered()).toEqual(['1']);
  });

  it('is fatal when it turns out to be another one', async () => {
    let isThere = false;
    const { clock, logs, openBus, fatal } = setup({
      source: { identity: async () => (isThere ? identityOf('orchestrator') : undefined) },
    });
    await logs.payment.append(offset('a log that was there before', 1));
    await openBus().start();
    expect(fatal).toEqual([]);

    isThere = true;
    await clock.advance(1_000);
    expect(fatal).toMatchObject([{ name: 'OffsetMismatchError' }]);
  });

  it('does not keep the bus from stopping', async () => {
    const { clock, openBus } = setup({ source: { identity: async () => undefined } });
    const bus = openBus();
    await bus.start();
    await clock.advance(1_000);
    await bus.stop();

    expect(clock.pending()).toBe(0);
  });
});

describe('what it reads', () => {
  it('comes in deliveries of a bounded size', async () => {
    const { clock, openBus, publish, deliveries, delivered } = setup();
    await publish(...numbers(300).map((number) => capture(anOrder(), number)));
    await openBus().start();
    for (let turn = 0; turn < 5; turn += 1) await clock.settle();

    expect(delivered()).toEqual(words(300));
    for (const { messages } of deliveries) expect(messages.length).toBeLessThanOrEqual(16);
  });

  it('of several producers is recorded together', async () => {
    const { clock, openBus, publish, deliveries } = setup();
    await publish(capture(anOrder(), 1), refusal(anOrder(), '2'));
    await openBus().start();
    await clock.settle();

    expect(deliveries).toHaveLength(1);
    expect(deliveries[0]?.offsets).toHaveLength(2);
  });

  it('stays behind a type that is newer than the process; the offset as well', async () => {
    const { clock, logger, logs, openBus, publish, delivered } = setup();
    const emitNewer = (partition: number) =>
      logs.orchestrator.append({
        units: [
          {
            cause: { id: causeOf('newer', partition), correlationId: 'c' },
            streams: [
              {
                streamId: anOrder(partition),
                expectedVersion: 0,
                events: [{ type: 'Noted', data: {}, emits: [{ type: 'SplitPayment', data: {} }] }],
                readModel: tallyStream.project(tallyStream.initialState),
              },
            ],
          },
        ],
      });
    const bus = openBus();
    await bus.start();
    await emitNewer(0);
    await publish(capture(anOrder(0, 5), 1), capture(anOrder(1), 2));
    await clock.advance(5_000);

    expect(delivered()).toEqual(['2']);
    expect([...(await logs.payment.offsets('payment', logs.orchestrator.identity.logId)).keys()]).toEqual([1]);
    expect(logger.lines.find(({ message }) => message === 'delivery will be tried again')?.fields).toMatchObject({
      group: 'payment',
      partition: 0,
      err: { message: 'message type SplitPayment is newer than this process' },
    });
    await bus.stop();
  });

  it('is found without a wake-up, within a second', async () => {
    const { clock, openBus, publish, delivered } = setup({ source: { watch: () => () => {} } });
    await openBus().start();
    await clock.settle();
    await publish(capture(anOrder(), 1));
    await clock.settle();
    expect(delivered()).toEqual([]);

    await clock.advance(1_000);
    expect(delivered()).toEqual(['1']);
  });

  it('is found after a time in which the producer could not be asked', async () => {
    let isAway = false;
    const heads = async () => {
      if (isAway) throw new Error('the disk is away');
      return logs.orchestrator.heads();
    };
    const { clock, logs, openBus, publish, delivered, logger } = setup({ source: { watch: () => () => {}, heads } });
    await openBus().start();
    isAway = true;
    await publish(capture(anOrder(0), 1));
    await clock.advance(3_000);
    isAway = false;
    await clock.advance(1_000);

    expect(delivered()).toEqual(['1']);
    expect(logger.lines.map(({ message }) => message)).toContain('the heads could not be read');
  });
});
