import type { CauseId, OrderId } from '@checkout/kernel';
import type { Emit, LogRow, TimerChange } from './rows.ts';
import type { ReadModelRow, ReadModelTable, StreamTimer } from './storage.port.ts';
import type { ColumnValue, DeadLetter, DeadLetterState, KeyRecord } from './units.ts';

/** A row as node:sqlite or mysql2 hands it over. */
export type SqlRow = Readonly<Record<string, null | number | bigint | string | Uint8Array>>;

/** A row's place: partition and position in one integer key, so that a partition's rows lie together in position order. */
const placesPerPartition = 2 ** 40;

export const placeOf = (partition: number, position: number) => partition * placesPerPartition + position;
const partitionOfPlace = (place: number) => Math.floor(place / placesPerPartition);
const positionOfPlace = (place: number) => place % placesPerPartition;

export const streamBlob = (streamId: OrderId) => Buffer.from(streamId.replaceAll('-', ''), 'hex');
export const causeBlob = (causeId: CauseId) => Buffer.from(causeId, 'hex');

const hexOf = (value: unknown) => Buffer.from(value as Uint8Array).toString('hex');

export function streamIdOf(value: unknown): OrderId {
  const hex = hexOf(value);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as OrderId;
}

export const causeIdOf = (value: unknown) => hexOf(value) as CauseId;

/** The columns of `log`, in the order in which its tables are made. @throws TypeError for what JSON cannot hold */
export function logRowValues(row: LogRow) {
  return [
    placeOf(row.partition, row.position),
    streamBlob(row.streamId),
    row.version,
    row.type,
    JSON.stringify(row.data),
    row.emits.length === 0 ? null : JSON.stringify(row.emits),
    row.timer === undefined ? null : JSON.stringify(row.timer),
    causeBlob(row.causeId),
    row.causeIndex,
    row.correlationId,
    row.traceparent ?? null,
    row.recordedAt,
  ];
}

export function decodeLogRow(row: SqlRow): LogRow {
  const place = row['place'] as number;
  return {
    partition: partitionOfPlace(place),
    position: positionOfPlace(place),
    streamId: streamIdOf(row['stream_id']),
    version: row['version'] as number,
    type: row['type'] as string,
    data: JSON.parse(row['data'] as string),
    emits: row['emits'] === null ? [] : (JSON.parse(row['emits'] as string) as readonly Emit[]),
    ...(row['timer'] === null ? {} : { timer: JSON.parse(row['timer'] as string) as TimerChange }),
    causeId: causeIdOf(row['cause_id']),
    causeIndex: row['cause_index'] as number,
    correlationId: row['correlation_id'] as string,
    traceparent: (row['traceparent'] as string | null) ?? undefined,
    recordedAt: row['recorded_at'] as number,
  };
}

export function decodeReadModelRow(table: ReadModelTable, row: SqlRow): ReadModelRow {
  return {
    streamId: streamIdOf(row['id']),
    version: row['version'] as number,
    createdAt: row['created_at'] as number,
    updatedAt: row['updated_at'] as number,
    view: JSON.parse(row['view'] as string),
    columns: Object.fromEntries(Object.keys(table.columns).map((name) => [name, row[name] as ColumnValue])),
    timer: row['due_at'] === null ? null : decodeTimer(row),
  };
}

/** Of a row of the read model whose timer is set. */
export function decodeTimer(row: SqlRow): StreamTimer {
  return {
    kind: row['timer_kind'] as string,
    dueAt: row['due_at'] as number,
    setByVersion: row['timer_version'] as number,
  };
}

export function decodeKey(row: SqlRow): KeyRecord {
  return {
    keyHash: row['key_hash'] as string,
    commandHash: row['command_hash'] as string,
    streamId: streamIdOf(row['stream_id']),
    createdAt: row['created_at'] as number,
  };
}

export function decodeDeadLetter(row: SqlRow): DeadLetter {
  return {
    seq: row['seq'] as number,
    group: row['consumer_group'] as string,
    orderId: row['order_id'] as OrderId | null,
    topic: row['topic'] as string,
    messageId: row['message_id'] as string,
    type: row['type'] as string,
    message: JSON.parse(row['message'] as string),
    reason: row['reason'] as string,
    detail: row['detail'] as string,
    state: row['state'] as DeadLetterState,
    parkedAt: row['parked_at'] as number,
  };
}
