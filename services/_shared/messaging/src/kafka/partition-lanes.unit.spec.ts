import { type RawMessage, type Topic, topicOf } from '@checkout/contracts';
import { anOrder } from '@checkout/event-log/testing';
import { createVirtualClock } from '@checkout/kernel/testing';
import { createRecordingLogger } from '@checkout/runtime/testing';
import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../broker/wire.ts';
import type { Delivery, ForeignRecord, Handled, Subscription } from '../bus.port.ts';
import { TransientError } from '../errors.ts';
import { labels, numbers, words } from '../testing/contract/context.ts';
import { createMessageBuilder } from '../testing/messages.builder.ts';
import { createPartitionLanes, type FetchedRecord, type TopicPartition } from './partition-lanes.ts';

const partitions = 4;
const commands = topicOf('CapturePayment');
const events = topicOf('OrderCancellationRefused');
const at = (topic: Topic, partition = 0): TopicPartition => ({ topic, partition });

function setup(
  parts: Partial<Subscription> & { before?: (delivery: Delivery) => Promise<Handled | void> | void } = {},
) {
  const { before = () => {}, ...subscription } = parts;
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const deliveries: Delivery[] = [];
  const done: RawMessage[] = [];
  const paused = new Set<string>();
  const lanes = createPartitionLanes({
    partitions,
    clock,
    logger,
    faucet: {
      pause: ({ topic, partition }) => void paused.add(`${topic}/${partition}`),
      resume: ({ topic, partition }) => void paused.delete(`${topic}/${partition}`),
    },
    subscription: {
      group: 'payment',
      topics: [commands, events],
      accepts: () => true,
      async handle(delivery) {
        deliveries.push(delivery);
        const answer = await before(delivery);
        if (answer === undefined) done.push(...delivery.messages);
        return answer ?? 'done';
      },
      ...subscription,
    },
  });
  const build = createMessageBuilder(partitions);
  const recordOf = (offset: number, message: RawMessage): FetchedRecord => {
    const { key, headers, value } = encodeMessage(message);
    return { key, headers, value, offset: String(offset), timestamp: '0' };
  };
  const capture = (offset: number, partition = 0) =>
    recordOf(offset, build('CapturePayment', anOrder(partition), { attempt: offset }));
  const refusal = (offset: number) =>
    recordOf(offset, build('OrderCancellationRefused', anOrder(), { reason: `r${offset}` }));
  const foreign = (offset: number): FetchedRecord => ({
    value: Buffer.from('x'),
    offset: String(offset),
    timestamp: '0',
  });
  return { lanes, clock, logger, deliveries, done, paused, capture, refusal, foreign };
}

describe('the lane of a partition', () => {
  it('delivers what was fetched, of all topics together, in deliveries of a bounded size', async () => {
    const { lanes, clock, deliveries, done, capture, refusal } = setup();
    lanes.push(
      at(commands),
      numbers(40, 0).map((offset) => capture(offset)),
    );
    lanes.push(at(events), [refusal(7)]);
    await clock.settle();

    expect(labels(done)).toEqual([...numbers(40, 0).map(String), 'r7']);
    for (const { messages, partition, offsets } of deliveries) {
      expect(messages.length).toBeLessThanOrEqual(16);
      expect([partition, offsets]).toEqual([0, []]);
    }
    expect(lanes.takeMoved()).toEqual([
      { topic: commands, partition: 0, offset: 40 },
      { topic: events, partition: 0, offset: 8 },
    ]);
    expect(lanes.takeMoved()).toEqual([]);
  });

  it('moves nowhere before the work is done', async () => {
    const gate = Promise.withResolvers<void>();
    const { lanes, clock, capture } = setup({ before: () => gate.promise });
    lanes.push(at(commands), [capture(5)]);
    await clock.settle();
    expect(lanes.takeMoved()).toEqual([]);

    gate.resolve();
    await clock.settle();
    expect(lanes.takeMoved()).toEqual([{ topic: commands, partition: 0, offset: 6 }]);
  });

  it('begins with the same message again after a failure, later each time, while other lanes go on', async () => {
    let isAway = true;
    const { lanes, clock, logger, deliveries, done, capture } = setup({
      before({ partition }) {
        if (isAway && partition === 0) throw new Error('the log is away');
      },
    });
    lanes.push(at(commands, 0), [capture(1, 0), capture(2, 0)]);
    lanes.push(at(commands, 1), [capture(8, 1)]);
    await clock.advance(5_000);
    expect(labels(done)).toEqual(['8']);
    const tries = deliveries.filter(({ partition }) => partition === 0);
    expect(tries.length).toBeGreaterThan(4);
    expect(tries.length).toBeLessThan(9);
    for (const { messages } of tries) expect(labels(messages)).toEqual(['1', '2']);
    expect(logger.lines[0]).toMatchObject({ message: 'delivery will be tried again', fields: { partition: 0 } });

    isAway = false;
    await clock.advance(10_000);
    expect(labels(done)).toEqual(['8', '1', '2']);
  });

  it('passes by what nobody accepts, and moves behind it', async () => {
    const { lanes, clock, deliveries, capture } = setup({ accepts: () => false });
    lanes.push(
      at(commands),
      numbers(1_000).map((offset) => capture(offset)),
    );
    await clock.settle();

    expect(deliveries).toEqual([]);
    expect(lanes.takeMoved()).toEqual([{ topic: commands, partition: 0, offset: 1_001 }]);
  });

  it('delivers what is before a type that is not known yet, and waits with the rest', async () => {
    let isKnown = false;
    const { lanes, clock, done, capture } = setup({
      accepts({ data }) {
        if ((data as { attempt: number }).attempt === 3 && !isKnown) throw new TransientError('newer');
        return true;
      },
    });
    lanes.push(
      at(commands),
      numbers(5).map((offset) => capture(offset)),
    );
    await clock.advance(3_000);
    expect(labels(done)).toEqual(['1', '2']);
    expect(lanes.takeMoved()).toEqual([{ topic: commands, partition: 0, offset: 3 }]);

    isKnown = true;
    await clock.advance(10_000);
    expect(labels(done)).toEqual(words(5));
  });

  it('has more than it can take kept at the broker until it has caught up', async () => {
    const gate = Promise.withResolvers<void>();
    const { lanes, clock, paused, done, capture } = setup({ before: () => gate.promise });
    lanes.push(
      at(commands),
      numbers(500).map((offset) => capture(offset)),
    );
    expect([...paused]).toEqual([]);
    lanes.push(
      at(commands),
      numbers(500, 501).map((offset) => capture(offset)),
    );
    expect([...paused]).toEqual([`${commands}/0`]);

    gate.resolve();
    await clock.settle();
    expect([...paused]).toEqual([]);
    expect(labels(done)).toEqual(words(1_000));
  });

  it('knows the record of a message in hand, and of no other', async () => {
    const gate = Promise.withResolvers<void>();
    const { lanes, clock, deliveries, capture } = setup({ before: () => gate.promise });
    const record = capture(9);
    lanes.push(at(commands), [record]);
    await clock.settle();
    const id = deliveries[0]?.messages[0]?.id ?? '';
    expect(lanes.originOf(id)).toEqual({ topic: commands, partition: 0, record });

    gate.resolve();
    await clock.settle();
    expect(lanes.originOf(id)).toBeUndefined();
  });

  it('ends behind the delivery in hand', async () => {
    const gate = Promise.withResolvers<void>();
    const { lanes, clock, deliveries, capture } = setup({ before: () => gate.promise });
    lanes.push(
      at(commands),
      numbers(20).map((offset) => capture(offset)),
    );
    await clock.settle();
    let hasStopped = false;
    const stopping = lanes.stop().then(() => {
      hasStopped = true;
    });
    await clock.settle();
    expect(hasStopped).toBe(false);

    gate.resolve();
    await stopping;
    lanes.push(at(commands), [capture(21)]);
    await clock.settle();
    expect(deliveries).toHaveLength(1);
    expect(lanes.takeMoved()).toEqual([{ topic: commands, partition: 0, offset: 17 }]);
  });
});

describe('a record that is no message', () => {
  it('is parked before the lane moves behind it, and keeps nobody', async () => {
    const parked: ForeignRecord[] = [];
    let isAway = true;
    const { lanes, clock, done, capture, foreign } = setup({
      async parkForeign(record) {
        if (isAway) throw new Error('the log is away');
        parked.push(record);
      },
    });
    lanes.push(at(commands), [capture(1), foreign(2), capture(3)]);
    await clock.advance(1_000);
    expect(lanes.takeMoved()).toEqual([]);

    isAway = false;
    await clock.advance(10_000);
    expect(labels(done)).toEqual(['1', '3']);
    expect(parked).toMatchObject([{ id: `${commands}/0/2`, topic: commands }]);
    expect(lanes.takeMoved()).toEqual([{ topic: commands, partition: 0, offset: 4 }]);
  });

  it('is one as well when it names an order of another partition', async () => {
    const parked: ForeignRecord[] = [];
    const { lanes, clock, deliveries, capture } = setup({ parkForeign: async (record) => void parked.push(record) });
    lanes.push(at(commands, 2), [capture(1, 3)]);
    await clock.settle();

    expect(deliveries).toEqual([]);
    expect(parked).toMatchObject([{ reason: 'its order belongs in partition 3' }]);
  });

  it('passes by a group that parks none', async () => {
    const { lanes, clock, logger, done, capture, foreign } = setup();
    lanes.push(at(commands), [foreign(1), capture(2)]);
    await clock.settle();

    expect(labels(done)).toEqual(['2']);
    expect(logger.lines).toMatchObject([{ level: 'warn', message: 'foreign record passed by' }]);
  });
});

describe('a new deal of the partitions', () => {
  it('drops what waits, and goes on where the member stood in what it keeps', async () => {
    const { lanes, clock, done, capture } = setup();
    expect(lanes.assign([at(commands, 0), at(commands, 1)])).toEqual([]);
    lanes.push(at(commands, 0), [capture(10, 0)]);
    lanes.push(at(commands, 1), [capture(20, 1)]);
    await clock.settle();

    expect(lanes.assign([at(commands, 1), at(commands, 2)])).toEqual([{ topic: commands, partition: 1, offset: 21 }]);
    expect(lanes.assign([at(commands, 0)])).toEqual([]);
    expect(labels(done)).toEqual(['10', '20']);
  });

  it('takes from the delivery in hand the right to move, and waits for it before the next of its partition', async () => {
    const gates: (() => void)[] = [];
    const { lanes, clock, deliveries, capture } = setup({
      before: () => new Promise<void>((resolve) => gates.push(resolve)),
    });
    lanes.assign([at(commands)]);
    lanes.push(at(commands), [capture(1)]);
    await clock.settle();
    expect(lanes.assign([at(commands)])).toEqual([{ topic: commands, partition: 0, offset: 1 }]);
    lanes.push(at(commands), [capture(1), capture(2)]);
    await clock.settle();
    expect(deliveries).toHaveLength(1);

    gates.shift()?.();
    await clock.settle();
    expect(lanes.takeMoved()).toEqual([]);
    expect(deliveries.map(({ messages }) => labels(messages))).toEqual([['1'], ['1', '2']]);
    gates.shift()?.();
    await clock.settle();
    expect(lanes.takeMoved()).toEqual([{ topic: commands, partition: 0, offset: 3 }]);
  });

  it('keeps a position that could not be committed for the next time', async () => {
    const { lanes, clock, capture } = setup();
    lanes.assign([at(commands, 0), at(commands, 1)]);
    lanes.push(at(commands, 0), [capture(1, 0)]);
    lanes.push(at(commands, 1), [capture(5, 1)]);
    await clock.settle();
    lanes.giveBack(lanes.takeMoved());
    lanes.assign([at(commands, 1)]);

    expect(lanes.takeMoved()).toEqual([{ topic: commands, partition: 1, offset: 6 }]);
  });
});
