import { type OrderId, partitionOf } from '@checkout/kernel';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CommitFacts, planCommit } from './plan-commit.ts';
import type { LogRow } from './rows.ts';
import { anOrder, aUnit, testIdentity } from './testing/index.ts';
import { transactions } from './testing/requests.arbitrary.ts';
import type { AppendRequest, AppendUnit, KeyRecord, OffsetMove, UnitOutcome } from './units.ts';

const { partitions } = testIdentity;
const now = 1_767_225_600_000;

/** A log as a list, without an index, a lock or a transaction: everything is looked up in what is there. */
type NaiveLog = { rows: LogRow[]; keys: KeyRecord[]; offsets: OffsetMove[] };

const anEmptyLog = (): NaiveLog => ({ rows: [], keys: [], offsets: [] });
const versionIn = (log: NaiveLog, streamId: OrderId) => log.rows.filter((row) => row.streamId === streamId).length;
const lastPositionIn = (log: NaiveLog, partition: number) =>
  log.rows.filter((row) => row.partition === partition).length;
const offsetIn = (log: NaiveLog, { group, logId, partition }: OffsetMove) =>
  log.offsets.findLast((move) => move.group === group && move.logId === logId && move.partition === partition)?.to ?? 0;
const isSetAside = ({ kind }: UnitOutcome) => kind !== 'appended' && kind !== 'duplicate';

/** Appends one unit to the log as it stands, knowing only which orders an earlier unit left in an unexpected state. */
function appendOne(
  log: NaiveLog,
  unit: AppendUnit,
  left: readonly OrderId[],
  leftInRequest: readonly OrderId[],
): UnitOutcome {
  const recorded = unit.streams.flatMap(({ streamId }) =>
    log.rows.filter((row) => row.streamId === streamId && row.causeId === unit.cause.id),
  );
  if (recorded.length > 0) return { kind: 'duplicate', rows: recorded };
  const record = log.keys.find((key) => key.keyHash === unit.key?.keyHash);
  if (record) return { kind: 'key-taken', record };
  for (const { streamId, expectedVersion } of unit.streams) {
    if (left.includes(streamId) || versionIn(log, streamId) !== expectedVersion) return { kind: 'conflict', streamId };
  }
  for (const { orderId } of unit.deadLetters ?? []) {
    if (orderId !== null && leftInRequest.includes(orderId)) return { kind: 'conflict', streamId: orderId };
  }
  const before = log.rows.length;
  for (const { streamId, events } of unit.streams) {
    for (const [causeIndex, event] of events.entries()) {
      const partition = partitionOf(streamId, partitions);
      log.rows.push({
        partition,
        position: lastPositionIn(log, partition) + 1,
        streamId,
        version: versionIn(log, streamId) + 1,
        emits: [],
        ...event,
        causeId: unit.cause.id,
        causeIndex,
        correlationId: unit.cause.correlationId ?? streamId,
        recordedAt: now,
      });
    }
  }
  if (unit.key) log.keys.push({ ...unit.key, createdAt: now });
  return { kind: 'appended', rows: log.rows.slice(before) };
}

function appendOneByOne(log: NaiveLog, requests: readonly AppendRequest[]) {
  const left: OrderId[] = [];
  return requests.map(({ units, offsets: moves = [] }) => {
    const leftInRequest: OrderId[] = [];
    const outcomes = units.map((unit) => {
      const outcome = appendOne(log, unit, left, leftInRequest);
      const streams = outcome.kind === 'appended' ? [] : unit.streams.map((stream) => stream.streamId);
      left.push(...streams);
      leftInRequest.push(...streams);
      return outcome;
    });
    if (moves.length === 0) return { outcomes, offsets: 'none' };
    if (outcomes.some(isSetAside)) return { outcomes, offsets: 'withheld' };
    if (moves.some((move) => offsetIn(log, move) !== move.from)) return { outcomes, offsets: 'stale' };
    log.offsets.push(...moves);
    return { outcomes, offsets: 'moved' };
  });
}

/** What an adapter would answer, from a log that does not change meanwhile. */
const factsOf = ({ rows, keys, offsets }: NaiveLog): CommitFacts => {
  const log = { rows: [...rows], keys: [...keys], offsets: [...offsets] };
  return {
    now,
    nextPosition: (partition) => lastPositionIn(log, partition) + 1,
    version: (streamId) => versionIn(log, streamId),
    rowsOfCause: (streamId, causeId) => log.rows.filter((row) => row.streamId === streamId && row.causeId === causeId),
    key: (keyHash) => log.keys.find((key) => key.keyHash === keyHash),
    offset: (move) => offsetIn(log, move),
  };
};

describe('the plan of a transaction', () => {
  it('is what appending its units one by one would lead to', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(transactions, (sequence) => {
        const log = anEmptyLog();
        for (const requests of sequence) {
          const before = { rows: [...log.rows], keys: [...log.keys], offsets: [...log.offsets] };
          const plan = planCommit(requests, factsOf(before), partitions);
          const results = appendOneByOne(log, requests);
          expect(plan.results).toEqual(results);
          expect(plan.rows).toEqual(log.rows.slice(before.rows.length));
          expect(plan.keys).toEqual(log.keys.slice(before.keys.length));
          expect(plan.offsets).toEqual(log.offsets.slice(before.offsets.length));
          expect(plan.now).toBe(now);
          for (const [partition, next] of plan.nextPositions) expect(next).toBe(lastPositionIn(log, partition) + 1);
          const accepted = results.flatMap(({ outcomes }, request) =>
            outcomes.flatMap((outcome, unit) => (outcome.kind === 'appended' ? [requests[request]?.units[unit]] : [])),
          );
          expect(plan.accepted).toEqual(accepted);
          for (const word of results.flatMap(({ outcomes, offsets }) => [
            ...outcomes.map(({ kind }) => kind),
            offsets,
          ])) {
            seen.set(word, (seen.get(word) ?? 0) + 1);
          }
        }
      }),
      { numRuns: 500 },
    );
    // A test that never meets a conflict proves nothing about conflicts.
    for (const word of ['appended', 'duplicate', 'conflict', 'key-taken', 'moved', 'withheld', 'stale']) {
      expect(seen.get(word), word).toBeGreaterThan(100);
    }
  });

  it('touches the head of a partition only where it writes', () => {
    const log = anEmptyLog();
    appendOneByOne(log, [{ units: [aUnit(anOrder(1))] }]);
    const plan = planCommit([{ units: [aUnit(anOrder(1)), aUnit(anOrder(2))] }], factsOf(log), partitions);
    expect(plan.nextPositions).toEqual(new Map([[2, 2]]));
  });

  it('is the same when it is made again', () => {
    const requests = [{ units: [aUnit(anOrder(1)), aUnit(anOrder(1), 1), aUnit(anOrder(2), 5)] }];
    const facts = factsOf(anEmptyLog());
    expect(planCommit(requests, facts, partitions)).toEqual(planCommit(requests, facts, partitions));
  });
});

describe('a unit that no caller may build', () => {
  const plan = (unit: AppendUnit) => () => planCommit([{ units: [unit] }], factsOf(anEmptyLog()), partitions);
  const unit = aUnit(anOrder());

  it.each<[string, AppendUnit, string]>([
    ['names a stream twice', { ...unit, streams: [...unit.streams, ...unit.streams] }, 'twice'],
    [
      'has an event without data',
      aUnit(anOrder(), 0, { events: [{ type: 'OrderCreated', data: undefined }] }),
      'no data',
    ],
    [
      'has a read model without a view',
      { ...unit, streams: unit.streams.map((stream) => ({ ...stream, readModel: { view: undefined, columns: {} } })) },
      'no view',
    ],
  ])('%s, and is refused', (_what, defect, message) => {
    expect(plan(defect)).toThrow(message);
  });
});
