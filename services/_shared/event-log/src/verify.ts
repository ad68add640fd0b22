import { canonicalJson, type Clock, type OrderId, partitionOf } from '@checkout/kernel';
import type { AnyEvent } from './decider.ts';
import type { LogRow } from './rows.ts';
import type { LogReads } from './storage.port.ts';
import { applyRow, emptyStream, type Loaded, type StreamDefinition } from './streams.ts';

const pageRows = 1_000;
/** Streams compared side by side, before other work of the process gets its turn. */
const streamsPerTurn = 16;
/** Differences listed; the count goes on. */
const maxListed = 100;

export type LogProblem = {
  readonly code: string;
  readonly partition: number;
  readonly streamId?: OrderId;
  readonly detail: string;
};

export type LogVerification = {
  readonly service: string;
  readonly rows: number;
  readonly streams: number;
  readonly problemCount: number;
  readonly problems: readonly LogProblem[];
};

/**
 * Replays the whole log and holds it against the read model: positions and versions without gaps, streams in their
 * partition, no cause that acted twice, every read-model row equal to its stream's state, nothing missing at the end. Holds one partition's streams
 * in memory at a time; with a clock it gives way to other work as it goes. Runs beside appends. Reads the database, never
 * what the process remembers of it.
 */
export async function verifyLog<State, Event extends AnyEvent>(
  { database: log }: { readonly database: LogReads },
  definition: StreamDefinition<State, Event>,
  clock?: Pick<Clock, 'nextTurn'>,
): Promise<LogVerification> {
  const problems: LogProblem[] = [];
  let problemCount = 0;
  let rows = 0;
  let streams = 0;
  const report = (problem: LogProblem) => {
    problemCount += 1;
    if (problems.length < maxListed) problems.push(problem);
  };

  for (let partition = 0; partition < log.identity.partitions; partition += 1) {
    const states = new Map<OrderId, Loaded<State>>();
    const acted = new Set<string>();
    // What is appended from now on is for the next run: an end that keeps moving would never be reached.
    const head = await headOf(log, partition);
    let last = 0;
    for await (const row of rowsUpTo(head, log, partition, clock)) {
      rows += 1;
      if (row.position !== last + 1) {
        report({ code: 'position-gap', partition, detail: `${row.position} follows ${last}` });
      }
      last = row.position;
      const act = `${row.streamId} ${row.causeId} ${row.causeIndex}`;
      if (acted.has(act)) {
        const detail = `the cause of position ${row.position} has acted before`;
        report({ code: 'cause-repeated', partition, streamId: row.streamId, detail });
      }
      acted.add(act);
      states.set(row.streamId, replay(log, definition, states.get(row.streamId), row, report));
    }
    const [beyond] = await log.readPartition(partition, head + 1, 1);
    if (last < head) {
      report({ code: 'head-differs', partition, detail: `the last row is ${last}, the head says ${head}` });
    } else if (beyond !== undefined && beyond.position > (await headOf(log, partition))) {
      report({ code: 'head-differs', partition, detail: `there is a row ${beyond.position}, the head says ${head}` });
    }
    const replayed = [...states.values()];
    streams += replayed.length;
    for (let next = 0; next < replayed.length; next += streamsPerTurn) {
      const compared = replayed.slice(next, next + streamsPerTurn).map(async (loaded) => ({
        streamId: loaded.streamId,
        detail: await differenceFromReadModel(log, definition, loaded),
      }));
      for (const { streamId, detail } of await Promise.all(compared)) {
        if (detail !== undefined) report({ code: 'read-model-differs', partition, streamId, detail });
      }
      await clock?.nextTurn();
    }
  }
  return { service: log.identity.service, rows, streams, problemCount, problems };
}

async function headOf(log: LogReads, partition: number): Promise<number> {
  return (await log.heads())[partition] ?? 0;
}

async function* rowsUpTo(
  head: number,
  log: LogReads,
  partition: number,
  clock?: Pick<Clock, 'nextTurn'>,
): AsyncGenerator<LogRow> {
  for (let next = 1; next <= head;) {
    const page = await log.readPartition(partition, next, Math.min(pageRows, head - next + 1));
    const known = page.filter((row) => row.position <= head);
    yield* known;
    const last = known.at(-1);
    if (last === undefined) return;
    next = last.position + 1;
    await clock?.nextTurn();
  }
}

function replay<State, Event extends AnyEvent>(
  log: LogReads,
  definition: StreamDefinition<State, Event>,
  before: Loaded<State> | undefined,
  row: LogRow,
  report: (problem: LogProblem) => void,
): Loaded<State> {
  const loaded = before ?? emptyStream(definition, row.streamId);
  const { partition, streamId } = row;
  if (row.version !== loaded.version + 1) {
    report({ code: 'version-gap', partition, streamId, detail: `${row.version} follows ${loaded.version}` });
  }
  if (partitionOf(streamId, log.identity.partitions) !== partition) {
    report({ code: 'wrong-partition', partition, streamId, detail: `position ${row.position}` });
  }
  return applyRow(definition, loaded, row);
}

async function differenceFromReadModel<State, Event extends AnyEvent>(
  log: LogReads,
  definition: StreamDefinition<State, Event>,
  loaded: Loaded<State>,
): Promise<string | undefined> {
  const row = await log.readModel(loaded.streamId);
  if (row === undefined) return 'the row is missing';
  if (row.version > loaded.version) {
    // A stream that moved on while it was replayed is not compared: the next run sees it.
    const newer = await log.readStream(loaded.streamId, loaded.version);
    return newer.length >= row.version - loaded.version ? undefined : `the row is ahead, at version ${row.version}`;
  }
  const { streamId: _streamId, ...actual } = row;
  const { version, createdAt, updatedAt, timer, state } = loaded;
  const { view, columns } = definition.project(state);
  // A column that the projection leaves out is null in the table.
  const stored = Object.fromEntries(Object.keys(definition.table.columns).map((name) => [name, columns[name] ?? null]));
  const expected: unknown = JSON.parse(JSON.stringify({ version, createdAt, updatedAt, view, columns: stored, timer }));
  return canonicalJson(actual) === canonicalJson(expected)
    ? undefined
    : `the row at version ${row.version} is not what the log says`;
}
