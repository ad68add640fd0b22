import { formatMessageId, type RawMessage, topicOf } from '@checkout/contracts';
import { type OrderId, partitionOf } from '@checkout/kernel';
import { type BenchContext, BenchError, StoppedError } from '../bench-context.ts';
import type { Measurement } from '../load/measure.ts';
import type { BenchmarkResult, Ratio, Run } from '../report/report.ts';
import { newOrderId, orderEvent } from '../servers/order-events.ts';
import { measuredHere } from '../servers/own-usage.ts';
import { openTestBed, type TestBed } from '../servers/test-bed.ts';
import { spreadOf } from '../stats.ts';

const messagesPerPublish = 100;
const batchesAhead = 20;
const ordersPerPartition = 100;
const retryMs = 100;
/** For the group to be complete. */
const joinMs = 60_000;
const cpuGoalUs = 40;
const idleGoalPercent = 0.5;
const roundTrip = 'published and consumed';
const idle = 'idle: a relay and a group, nothing to do';

/** B5: what a message costs on its way through Kafka and back, and what it costs to wait for one. */
export async function benchmarkBus(context: BenchContext): Promise<BenchmarkResult> {
  const runs: Run[] = [];
  const idlePercents: number[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    const bed = await openTestBed(context, { kafka: true });
    try {
      const carried = await carry(context, bed);
      context.progress.done(`B5, ${roundTrip}, round ${round}`, carried);
      runs.push({ benchmark: 'B5', variant: roundTrip, concurrency: batchesAhead, round, ...carried });
      const share = await rest(context, bed);
      context.progress.say(`B5, ${idle}, round ${round}: ${(share * 100).toFixed(2)} % of a core`);
      idlePercents.push(share * 100);
    } finally {
      await bed.close();
    }
  }
  return { ratios: goalsOf(runs, idlePercents), runs };
}

/** Batches of messages to one partition after the other, so many ahead of the consumer at most. */
async function carry(context: BenchContext, bed: TestBed): Promise<Measurement> {
  const { clock, signal, measureMs, warmUpMs, cpuTimes, progress } = context;
  const kafka = bed.openBus();
  const { bus, publisher } = kafka;
  const topic = topicOf('OrderCancelled');
  const sentAt = new Map<string, number>();
  const timesMs: number[] = [];
  let consumed = 0;
  let published = 0;
  let isOpen = false;
  bus.subscribe({
    group: 'bench',
    topics: [topic],
    accepts: () => true,
    handle({ messages }) {
      const now = performance.now();
      for (const { id } of messages) {
        const at = sentAt.get(id);
        if (at === undefined) continue;
        sentAt.delete(id);
        consumed += 1;
        if (isOpen) timesMs.push(now - at);
      }
      return Promise.resolve('done');
    },
  });
  const orderOf = ordersByPartition(bed.partitions);
  const next = (partition: number, position: number): RawMessage => ({
    id: formatMessageId({ service: 'order', epoch: 1, partition, position, index: 0 }),
    type: orderEvent.type,
    topic,
    orderId: orderOf(partition),
    data: orderEvent.data,
    causationId: '0'.repeat(32),
    correlationId: 'bench',
    recordedAt: 0,
  });
  try {
    await bus.start();
    const beganAtMs = performance.now();
    let openAtMs = Infinity;
    let closeAtMs = Infinity;
    let before = cpuTimes();
    for (let batch = 0; performance.now() < closeAtMs; batch += 1) {
      if (signal.aborted) throw new StoppedError();
      const turnAtMs = performance.now();
      if (openAtMs === Infinity && consumed > 0) openAtMs = turnAtMs + warmUpMs.accept;
      if (openAtMs === Infinity && turnAtMs - beganAtMs > joinMs) throw new BenchError('no message came back');
      if (!isOpen && turnAtMs >= openAtMs) {
        isOpen = true;
        closeAtMs = turnAtMs + measureMs;
        before = cpuTimes();
      }
      if (published - consumed >= batchesAhead * messagesPerPublish) {
        progress.update(`B5: ${consumed} messages there and back`);
        await clock.sleep(1, signal);
        continue;
      }
      const partition = batch % bed.partitions;
      const messages = Array.from({ length: messagesPerPublish }, (_, index) =>
        next(partition, batch * messagesPerPublish + index + 1),
      );
      const now = performance.now();
      for (const { id } of messages) sentAt.set(id, now);
      try {
        await publisher.publish(partition, messages);
        published += messages.length;
      } catch (error) {
        // Brokers learn of a new topic one after the other.
        if (isOpen) throw error;
        await clock.sleep(retryMs, signal);
      }
    }
    const after = cpuTimes();
    return measuredHere(timesMs, { operations: timesMs.length, ms: measureMs, before, after });
  } finally {
    await bus.stop();
    await kafka.close();
  }
}

/** Orders in turn that belong in a partition. */
function ordersByPartition(partitions: number): (partition: number) => OrderId {
  const pools = Array.from({ length: partitions }, (): OrderId[] => []);
  while (pools.some(({ length }) => length < ordersPerPartition)) {
    const orderId = newOrderId();
    pools[partitionOf(orderId, partitions)]?.push(orderId);
  }
  let turn = 0;
  return (partition) => {
    turn += 1;
    return pools[partition]?.[turn % ordersPerPartition] as OrderId;
  };
}

/** A relay on an empty log and a group on empty topics. @returns the share of a core that they take */
async function rest(context: BenchContext, bed: TestBed): Promise<number> {
  const { clock, signal, measureMs, warmUpMs, cpuTimes, progress } = context;
  const log = await bed.openLog();
  const kafka = bed.openBus();
  const { bus, publisher } = kafka;
  const relay = bed.openRelay(log, publisher);
  bus.subscribe({
    group: 'bench',
    topics: [topicOf('OrderCancelled')],
    accepts: () => true,
    handle: () => Promise.resolve('done'),
  });
  try {
    relay.start();
    await bus.start();
    progress.update('B5: idle');
    await clock.sleep(warmUpMs.saga, signal);
    const before = cpuTimes();
    await clock.sleep(measureMs, signal);
    if (signal.aborted) throw new StoppedError();
    return (cpuTimes().ownMs - before.ownMs) / measureMs;
  } finally {
    await Promise.all([relay.stop(), bus.stop()]);
    await kafka.close();
    await log.close();
  }
}

function goalsOf(runs: readonly Run[], idlePercents: readonly number[]): readonly Ratio[] {
  return [
    {
      benchmark: 'B5',
      what: `CPU us per message, ${roundTrip}`,
      ...spreadOf(runs.map(({ cpuUsPerOperation }) => cpuUsPerOperation)),
      goal: { atMost: cpuGoalUs },
    },
    { benchmark: 'B5', what: `% of a core, ${idle}`, ...spreadOf(idlePercents), goal: { atMost: idleGoalPercent } },
  ];
}
