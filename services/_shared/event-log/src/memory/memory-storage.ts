import type { CauseId, Clock, OrderId } from '@checkout/kernel';
import { deepFreeze } from '../deep-freeze.ts';
import { findingsOf } from '../inquiries.ts';
import { type CommitPlan, planCommit } from '../plan-commit.ts';
import type { LogRow } from '../rows.ts';
import type { CommitResult, LogIdentity, LogStorage, ReadModelQuery, ReadModelRow } from '../storage.port.ts';
import { timerAfter } from '../streams.ts';
import type { AppendRequest, AppendUnit, ColumnValue, DeadLetter, KeyRecord, OffsetMove } from '../units.ts';

export type MemoryStorageDeps = { readonly identity: LogIdentity; readonly clock: Clock };

/**
 * The in-memory twin of the SQL adapters: the same visible behaviour, nothing durable. For tests and simulation. What it
 * gives back is frozen, so that a reader who changes it is found.
 */
export function createMemoryStorage({ identity, clock }: MemoryStorageDeps): LogStorage {
  const { partitions } = identity;
  const log: LogRow[][] = Array.from({ length: partitions }, () => []);
  const streams = new Map<OrderId, LogRow[]>();
  const readModels = new Map<OrderId, ReadModelRow>();
  const keys = new Map<string, KeyRecord>();
  const offsets = new Map<string, OffsetMove>();
  type Cursor = { readonly consumer: string; owner: string | undefined; leaseUntil: number; position: number };
  const cursors = new Map<string, Cursor>();
  let deadLetters: readonly DeadLetter[] = [];
  let lastSeq = 0;

  const offsetKey = (move: Pick<OffsetMove, 'group' | 'logId' | 'partition'>) =>
    `${move.group}\n${move.logId}\n${move.partition}`;
  const streamOf = (streamId: OrderId): readonly LogRow[] => streams.get(streamId) ?? [];
  const rowsOfCause = (streamId: OrderId, causeId: CauseId) =>
    streamOf(streamId).filter((row) => row.causeId === causeId);

  const write = (plan: CommitPlan) => {
    for (const row of deepFreeze(plan.rows)) {
      log[row.partition]?.push(row);
      const stream = streams.get(row.streamId);
      if (stream) stream.push(row);
      else streams.set(row.streamId, [row]);
    }
    for (const key of deepFreeze(plan.keys)) keys.set(key.keyHash, key);
    for (const move of plan.offsets) offsets.set(offsetKey(move), move);
    for (const unit of plan.accepted) {
      writeReadModels(unit);
      writeDeadLetters(unit);
    }
  };

  const writeReadModels = (unit: AppendUnit) => {
    for (const { streamId, expectedVersion, events, readModel } of unit.streams) {
      const rows = streamOf(streamId).slice(expectedVersion, expectedVersion + events.length);
      const before = readModels.get(streamId);
      const last = rows.at(-1);
      if (last === undefined) continue;
      const row: ReadModelRow = {
        ...readModel,
        streamId,
        version: last.version,
        createdAt: before?.createdAt ?? last.recordedAt,
        updatedAt: last.recordedAt,
        timer: rows.reduce(timerAfter, before?.timer ?? null),
      };
      readModels.set(streamId, deepFreeze(row));
    }
  };

  const writeDeadLetters = (unit: AppendUnit) => {
    for (const letter of unit.deadLetters ?? []) {
      if (deadLetters.some((other) => other.group === letter.group && other.messageId === letter.messageId)) continue;
      lastSeq += 1;
      deadLetters = [...deadLetters, deepFreeze({ ...letter, seq: lastSeq, parkedAt: clock.now() })];
    }
    for (const change of unit.deadLetterChanges ?? []) {
      deadLetters = deadLetters.flatMap((letter): DeadLetter[] => {
        if (letter.seq !== change.seq) return [letter];
        if (change.change === 'settled') return [];
        if (change.change === 'held') return [Object.freeze({ ...letter, state: 'held' as const })];
        const { reason, detail } = change;
        return [Object.freeze({ ...letter, state: 'parked' as const, reason, detail })];
      });
    }
  };

  const commit = (requests: readonly AppendRequest[]): CommitResult => {
    try {
      const plan = planCommit(
        jsonCopy(requests),
        {
          nextPosition: (partition) => (log[partition]?.length ?? 0) + 1,
          version: (streamId) => streamOf(streamId).length,
          rowsOfCause,
          key: (keyHash) => keys.get(keyHash),
          offset: (move) => offsets.get(offsetKey(move))?.to ?? 0,
          now: clock.now(),
        },
        partitions,
      );
      write(plan);
      return { kind: 'committed', results: plan.results };
    } catch (error) {
      return { kind: 'rolled-back', error: error as Error, retryable: false };
    }
  };

  return {
    identity,
    commit: async (requests) => commit(requests),
    readStream: async (streamId, afterVersion = 0) => streamOf(streamId).slice(afterVersion),
    readStreams: async (streamIds, afterVersion = 0) =>
      new Map(streamIds.map((streamId) => [streamId, streamOf(streamId).slice(afterVersion)])),
    readPartition: async (partition, fromPosition, limit) =>
      (log[partition] ?? []).slice(fromPosition - 1, fromPosition - 1 + limit),
    heads: async () => log.map((rows) => rows.length),
    inquire: async ({ streamIds, causes, places }) =>
      findingsOf({
        rows: new Map(streamIds.map((streamId) => [streamId, [...streamOf(streamId)]])),
        acted: causes.filter(({ streamId, causeId }) => rowsOfCause(streamId, causeId).length > 0),
        held: places.filter(({ group, orderId }) =>
          deadLetters.some((letter) => letter.group === group && letter.orderId === orderId),
        ),
      }),
    key: async (keyHash) => keys.get(keyHash),
    async purgeKeys(createdBefore, limit) {
      const old = [...keys.values()].filter((key) => key.createdAt < createdBefore).slice(0, limit);
      for (const key of old) keys.delete(key.keyHash);
      return old.length;
    },
    offsets: async (group, logId) =>
      new Map(
        [...offsets.values()]
          .filter((move) => move.group === group && move.logId === logId)
          .map((move) => [move.partition, move.to]),
      ),
    offsetLogs: async (group) => [
      ...new Set([...offsets.values()].filter((move) => move.group === group).map((move) => move.logId)),
    ],
    readModel: async (streamId) => readModels.get(streamId),
    listReadModel: async (query) => listRows([...readModels.values()], query),
    async countReadModel(column) {
      const counts = new Map<ColumnValue, number>();
      for (const row of readModels.values()) {
        const value = row.columns[column] ?? null;
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      return counts;
    },
    dueTimers: async (limit) =>
      [...readModels.values()]
        .flatMap(({ streamId, timer }) => (timer && timer.dueAt <= clock.now() ? [{ ...timer, streamId }] : []))
        .toSorted((a, b) => a.dueAt - b.dueAt || (a.streamId < b.streamId ? -1 : 1))
        .slice(0, limit),
    async nextTimerInMs() {
      const dueTimes = [...readModels.values()].flatMap(({ timer }) => (timer ? [timer.dueAt] : []));
      return dueTimes.length === 0 ? undefined : Math.max(0, Math.min(...dueTimes) - clock.now());
    },
    deadLetters: async ({ afterSeq, limit, orderId }) =>
      deadLetters
        .filter((letter) => letter.seq > afterSeq && (orderId === undefined || letter.orderId === orderId))
        .slice(0, limit),
    redrivingOrders: async (group, limit) =>
      [
        ...Map.groupBy(
          deadLetters.filter((letter) => letter.group === group),
          ({ orderId }) => orderId,
        ),
      ]
        .filter(([, letters]) => letters.some(isRedriving) || letters.every(isHeld))
        .flatMap(([orderId]) => (orderId === null ? [] : [orderId]))
        .slice(0, limit),
    async markRedriving(orderId) {
      deadLetters = deadLetters.map((letter) =>
        letter.orderId === orderId ? Object.freeze({ ...letter, state: 'redriving' as const }) : letter,
      );
      return deadLetters.filter((letter) => letter.orderId === orderId);
    },
    async takeLeases({ consumer, owner, partitions: asked }, ttlMs) {
      const taken = new Map<number, number>();
      for (const partition of asked) {
        const name = `${consumer}\n${partition}`;
        const cursor = cursors.get(name) ?? { consumer, owner: undefined, leaseUntil: 0, position: 0 };
        const isTaken = cursor.owner !== undefined && cursor.owner !== owner && cursor.leaseUntil > clock.now();
        if (isTaken) continue;
        cursors.set(name, { ...cursor, owner, leaseUntil: clock.now() + ttlMs });
        taken.set(partition, cursor.position);
      }
      return taken;
    },
    async moveCursors({ consumer, owner }, moves) {
      const moved = new Set<number>();
      for (const { partition, from, to } of moves) {
        const cursor = cursors.get(`${consumer}\n${partition}`);
        if (cursor?.owner !== owner || (cursor.position !== from && cursor.position !== to)) continue;
        cursor.position = to;
        moved.add(partition);
      }
      return moved;
    },
    async releaseLeases({ consumer, owner }) {
      for (const cursor of cursors.values()) {
        if (cursor.consumer === consumer && cursor.owner === owner) cursor.owner = undefined;
      }
    },
    ping: async () => {},
    close: async () => {},
  };
}

/** What a database gives back is a copy, never the caller's own object. @throws TypeError for what JSON cannot hold. */
function jsonCopy<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

function listRows(rows: readonly ReadModelRow[], query: ReadModelQuery): readonly ReadModelRow[] {
  const sign = query.oldestFirst === true ? -1 : 1;
  return rows
    .filter(
      (row) =>
        Object.entries(query.equals ?? {}).every(([column, value]) => (row.columns[column] ?? null) === value) &&
        (query.createdFrom === undefined || row.createdAt >= query.createdFrom) &&
        (query.beforeId === undefined || row.streamId < query.beforeId),
    )
    .toSorted((a, b) => (a.streamId < b.streamId ? sign : -sign))
    .slice(0, query.limit);
}

const isRedriving = ({ state }: DeadLetter) => state === 'redriving';
const isHeld = ({ state }: DeadLetter) => state === 'held';
