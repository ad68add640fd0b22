import type { EventLog, LogRow } from '@checkout/event-log';
import type { Publisher } from '@checkout/messaging';
import { type BenchContext, BenchError, StoppedError } from '../bench-context.ts';
import type { Measurement } from '../load/measure.ts';
import type { BenchmarkResult, Ratio, Run } from '../report/report.ts';
import { eventUnit, newOrderId } from '../servers/order-events.ts';
import { measuredHere } from '../servers/own-usage.ts';
import { openTestBed, type TestBed } from '../servers/test-bed.ts';
import { spreadOf } from '../stats.ts';

const unitsPerFill = 250;
const fillsAtOnce = 4;
const rowsPerSecond = 2_000;
const tickMs = 5;
const drainGoal = 20_000;
const lagGoalMs = 20;
const drainVariant = 'drain of a full log to Kafka';
const lagVariant = `from commit to acknowledgement at ${rowsPerSecond.toLocaleString('en-US')} rows/s`;

/** B4: how fast the relay carries a log that is full to Kafka, and how far it is behind one that grows steadily. */
export async function benchmarkRelay(context: BenchContext, rows: number): Promise<BenchmarkResult> {
  const runs: Run[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    const bed = await openTestBed(context, { kafka: true });
    try {
      const drained = await drain(context, bed, rows);
      context.progress.done(`B4, ${drainVariant}, round ${round}`, drained);
      const followed = await follow(context, bed);
      context.progress.done(`B4, ${lagVariant}, round ${round}`, followed);
      runs.push({ benchmark: 'B4', variant: drainVariant, concurrency: 1, round, ...drained });
      runs.push({ benchmark: 'B4', variant: lagVariant, concurrency: 1, round, ...followed });
    } finally {
      await bed.close();
    }
  }
  return { ratios: goalsOf(runs), runs };
}

/** Publishes as the service does, and tells what the broker has acknowledged. */
function openRelay(bed: TestBed, log: EventLog, onPublished: (ids: readonly string[]) => void) {
  const bus = bed.openBus();
  const publisher: Publisher = {
    async publish(partition, messages) {
      await bus.publisher.publish(partition, messages);
      onPublished(messages.map(({ id }) => id));
    },
  };
  const relay = bed.openRelay(log, publisher);
  return {
    start: () => relay.start(),
    async close() {
      await relay.stop();
      await bus.close();
    },
  };
}

async function drain(context: BenchContext, bed: TestBed, rows: number): Promise<Measurement> {
  const { clock, signal, progress, cpuTimes } = context;
  const log = await bed.openLog();
  let published = 0;
  const isDrained = () => published >= rows;
  const relay = openRelay(bed, log, (ids) => (published += ids.length));
  try {
    await fill(context, log, rows);
    const before = cpuTimes();
    const startedAtMs = performance.now();
    relay.start();
    while (!isDrained()) {
      if (signal.aborted) throw new StoppedError();
      progress.update(`B4: ${published} of ${rows} rows published`);
      await clock.sleep(tickMs, signal);
    }
    const tookMs = performance.now() - startedAtMs;
    return measuredHere([tookMs], { operations: rows, ms: tookMs, before, after: cpuTimes() });
  } finally {
    await relay.close();
    await log.close();
  }
}

/** So many orders of one event each. */
async function fill({ signal, progress }: BenchContext, log: EventLog, rows: number): Promise<void> {
  let left = rows;
  let done = 0;
  const work = async () => {
    while (left > 0) {
      if (signal.aborted) throw new StoppedError();
      const size = Math.min(unitsPerFill, left);
      left -= size;
      const { outcomes } = await log.append({ units: Array.from({ length: size }, () => eventUnit(newOrderId(), 0)) });
      if (outcomes.some(({ kind }) => kind !== 'appended')) throw new BenchError('the log could not be filled');
      done += size;
      progress.update(`B4: ${done} of ${rows} rows filled in`);
    }
  };
  await Promise.all(Array.from({ length: fillsAtOnce }, work));
}

/** Rows come at a steady rate; each one's lag is from its commit, as the writer hears of it, to Kafka's acknowledgement. */
async function follow(context: BenchContext, bed: TestBed): Promise<Measurement> {
  const { clock, signal, measureMs, warmUpMs, cpuTimes } = context;
  const log = await bed.openLog();
  const committedAt = new Map<string, number>();
  const publishedAt = new Map<string, number>();
  const lagsMs: number[] = [];
  let isOpen = false;
  const settle = (id: string) => {
    const from = committedAt.get(id);
    const to = publishedAt.get(id);
    if (from === undefined || to === undefined) return;
    committedAt.delete(id);
    publishedAt.delete(id);
    // The relay hears of a row in the same turn as its writer does, and may be the first.
    if (isOpen) lagsMs.push(Math.max(0, to - from));
  };
  const relay = openRelay(bed, log, (ids) => {
    for (const id of ids) {
      publishedAt.set(id, performance.now());
      settle(id);
    }
  });
  const { service, epoch } = log.identity;
  const place = async () => {
    const { outcomes } = await log.append({ units: [eventUnit(newOrderId(), 0)] });
    const [outcome] = outcomes;
    if (outcome?.kind !== 'appended') throw new BenchError('a row was not appended');
    const [{ partition, position }] = outcome.rows as readonly [LogRow];
    const id = `${service}/${epoch}/${partition}/${position}/0`;
    committedAt.set(id, performance.now());
    settle(id);
  };
  try {
    relay.start();
    const beganAtMs = performance.now();
    const openAtMs = beganAtMs + warmUpMs.accept;
    const closeAtMs = openAtMs + measureMs;
    const underWay = new Set<Promise<void>>();
    let placed = 0;
    let before = cpuTimes();
    for (let now = beganAtMs; now < closeAtMs; now = performance.now()) {
      if (signal.aborted) throw new StoppedError();
      if (!isOpen && now >= openAtMs) {
        isOpen = true;
        before = cpuTimes();
      }
      for (const due = ((now - beganAtMs) / 1_000) * rowsPerSecond; placed < due; placed += 1) {
        const placing = place().finally(() => underWay.delete(placing));
        underWay.add(placing);
      }
      await clock.sleep(tickMs, signal);
    }
    const after = cpuTimes();
    await Promise.all(underWay);
    return measuredHere(lagsMs, { operations: lagsMs.length, ms: measureMs, before, after });
  } finally {
    await relay.close();
    await log.close();
  }
}

function goalsOf(runs: readonly Run[]): readonly Ratio[] {
  const of = (name: string, read: (run: Run) => number) =>
    spreadOf(runs.filter(({ variant }) => variant === name).map(read));
  return [
    {
      benchmark: 'B4',
      what: `rows per second, ${drainVariant}`,
      ...of(drainVariant, ({ perSecond }) => perSecond),
      goal: { atLeast: drainGoal },
    },
    {
      benchmark: 'B4',
      what: `p99 ms ${lagVariant}`,
      ...of(lagVariant, ({ p99Ms }) => p99Ms),
      goal: { atMost: lagGoalMs },
    },
  ];
}
