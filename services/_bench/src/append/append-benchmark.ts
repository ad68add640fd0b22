import { createConnection } from 'mysql2/promise';
import { type BenchContext, BenchError } from '../bench-context.ts';
import { type Measurement, measure } from '../load/measure.ts';
import { undisturbed } from '../load/undisturbed.ts';
import type { BenchmarkResult, Ratio, Run } from '../report/report.ts';
import { eventUnit, newOrderId, orderEvent } from '../servers/order-events.ts';
import { ownProcess, perItem } from '../servers/own-usage.ts';
import { openTestBed, type TestBed } from '../servers/test-bed.ts';
import { ratioOf } from '../stats.ts';

const manyWriters = 64;
const rowsPerInsert = 100;
const throughputGoal = 0.8;
const latencyGoal = 1.2;

type Variant = {
  readonly name: string;
  readonly concurrency: number;
  /** Rows that one operation writes. */
  readonly rows: number;
  readonly open: (bed: TestBed) => Promise<{ operate(worker: number): Promise<void>; close(): Promise<void> }>;
};

const bareCommit: Variant = { name: 'bare commit of one row', concurrency: 1, rows: 1, open: (bed) => openRaw(bed, 1) };
const multiRow: Variant = {
  name: `raw INSERT of ${rowsPerInsert} rows`,
  concurrency: 1,
  rows: rowsPerInsert,
  open: (bed) => openRaw(bed, rowsPerInsert),
};
const oneWriter: Variant = { name: 'append, one writer', concurrency: 1, rows: 1, open: openAppending };
const writers: Variant = {
  name: `append, ${manyWriters} writers`,
  concurrency: manyWriters,
  rows: 1,
  open: openAppending,
};
const variants = [bareCommit, oneWriter, multiRow, writers] as const;

/** B3: events with expected versions on MySQL, beside what the database can do at best. The variants take turns. */
export async function benchmarkAppend(context: BenchContext): Promise<BenchmarkResult> {
  const runs: Run[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const variant of variants) {
      const { name, concurrency } = variant;
      const label = `B3, ${name}, round ${round}`;
      const once = () => runVariant(context, variant, label);
      const measured = await undisturbed(context, label, once, (result) => result);
      context.progress.done(label, measured);
      runs.push({ benchmark: 'B3', variant: name, concurrency, round, ...measured });
    }
  }
  return { ratios: ratiosOf(runs), runs };
}

async function runVariant(context: BenchContext, variant: Variant, label: string): Promise<Measurement> {
  const { concurrency, rows } = variant;
  const bed = await openTestBed(context, { kafka: false });
  try {
    const opened = await variant.open(bed);
    try {
      const operate = (worker: number) => opened.operate(worker);
      const warmUpMs = context.warmUpMs.accept;
      return perItem(await measure(context, { server: ownProcess, concurrency, operate, warmUpMs, label }), rows);
    } finally {
      await opened.close();
    }
  } finally {
    await bed.close();
  }
}

/** Rows of the same payload in a table with the log's primary key and nothing else. */
async function openRaw({ databaseUrls }: TestBed, rowsPerStatement: number) {
  const connection = await createConnection(databaseUrls.order);
  await connection.query(
    `CREATE TABLE raw_row (partition_no INT NOT NULL, position BIGINT NOT NULL, stream_id BINARY(16) NOT NULL,
     version INT NOT NULL, type VARCHAR(64) NOT NULL, data LONGTEXT NOT NULL, PRIMARY KEY (partition_no, position))`,
  );
  const data = JSON.stringify(orderEvent.data);
  const streamId = Buffer.alloc(16, 1);
  let position = 0;
  return {
    async operate() {
      const rows = Array.from({ length: rowsPerStatement }, () => {
        position += 1;
        return [0, position, streamId, 1, orderEvent.type, data];
      });
      await connection.query('INSERT INTO raw_row VALUES ?', [rows]);
    },
    close: () => connection.end(),
  };
}

async function openAppending(bed: TestBed) {
  const log = await bed.openLog();
  const streams = Array.from({ length: manyWriters }, () => ({ id: newOrderId(), version: 0 }));
  return {
    async operate(worker: number) {
      const stream = streams[worker] as (typeof streams)[number];
      const { outcomes } = await log.append({ units: [eventUnit(stream.id, stream.version)] });
      if (outcomes[0]?.kind !== 'appended') throw new BenchError(`an event was not appended: ${outcomes[0]?.kind}`);
      stream.version += 1;
    },
    close: () => log.close(),
  };
}

function ratiosOf(runs: readonly Run[]): readonly Ratio[] {
  const values = (variant: Variant, read: (run: Run) => number) =>
    runs.filter((run) => run.variant === variant.name).map(read);
  const ratio = (one: Variant, base: Variant, read: (run: Run) => number) =>
    ratioOf(values(one, read), values(base, read));
  return [
    {
      benchmark: 'B3',
      what: `rows per second, ${writers.name} over ${multiRow.name}`,
      ...ratio(writers, multiRow, ({ perSecond }) => perSecond),
      goal: { atLeast: throughputGoal },
    },
    {
      benchmark: 'B3',
      what: `p50, ${oneWriter.name} over ${bareCommit.name}`,
      ...ratio(oneWriter, bareCommit, ({ p50Ms }) => p50Ms),
      goal: { atMost: latencyGoal },
    },
  ];
}
