import { canonicalJson, type OrderId, partitionOf } from '@checkout/kernel';
import type { AnyEvent } from './decider.ts';
import type { LogRow } from './rows.ts';
import type { LogReads } from './storage.port.ts';
import { applyRow, emptyStream, type Loaded, type StreamDefinition } from './streams.ts';

const pageRows = 1_000;
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
 * partition, every read-model row equal to its stream's state. Holds one partition's streams in memory at a time.
 */
export async function verifyLog<State, Event extends AnyEvent>(
  log: LogReads,
  definition: StreamDefinition<State, Event>,
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
    for await (const row of rowsOf(log, partition, report)) {
      rows += 1;
      const loaded = states.get(row.streamId) ?? emptyStream(definition, row.streamId);
      if (row.version !== loaded.version + 1) {
        report({
          code: 'version-gap',
          partition,
          streamId: row.streamId,
          detail: `${row.version} follows ${loaded.version}`,
        });
      }
      if (partitionOf(row.streamId, log.identity.partitions) !== partition) {
        report({ code: 'wrong-partition', partition, streamId: row.streamId, detail: `position ${row.position}` });
      }
      states.set(row.streamId, applyRow(definition, loaded, row));
    }
    for (const loaded of states.values()) {
      const detail = await differenceFromReadModel(log, definition, loaded);
      if (detail !== undefined) report({ code: 'read-model-differs', partition, streamId: loaded.streamId, detail });
    }
    streams += states.size;
  }
  return { service: log.identity.service, rows, streams, problemCount, problems };
}

async function* rowsOf(
  log: LogReads,
  partition: number,
  report: (problem: LogProblem) => void,
): AsyncGenerator<LogRow> {
  for (let expected = 1; ;) {
    const page = await log.readPartition(partition, expected, pageRows);
    for (const row of page) {
      if (row.position !== expected) {
        report({ code: 'position-gap', partition, detail: `${row.position} follows ${expected - 1}` });
      }
      expected = row.position + 1;
      yield row;
    }
    if (page.length < pageRows) return;
  }
}

/** A stream that moved on while it was replayed is not compared: the next run sees it. */
async function differenceFromReadModel<State, Event extends AnyEvent>(
  log: LogReads,
  definition: StreamDefinition<State, Event>,
  loaded: Loaded<State>,
): Promise<string | undefined> {
  const row = await log.readModel(loaded.streamId);
  if (row === undefined) return 'the row is missing';
  if (row.version > loaded.version) return undefined;
  const { view, columns } = definition.project(loaded.state);
  const expected = canonicalJson(
    JSON.parse(
      JSON.stringify({
        version: loaded.version,
        createdAt: loaded.createdAt,
        updatedAt: loaded.updatedAt,
        view,
        columns,
        timer: loaded.timer,
      }),
    ),
  );
  const { streamId: _streamId, ...actual } = row;
  return canonicalJson(actual) === expected ? undefined : `the row at version ${row.version} is not what the log says`;
}
