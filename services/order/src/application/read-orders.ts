import { type Cache, createReadThrough } from '@checkout/cache';
import type { EventLog, LogRow } from '@checkout/event-log';
import { type OrderId, type Random, toInstant } from '@checkout/kernel';
import type { OrderStatus } from '../domain/order.ts';
import { type OrderRecord, recordOfRow } from './order-record.ts';

export type OrderFilter = {
  readonly userId?: string | undefined;
  readonly status?: OrderStatus | undefined;
  /** Unix milliseconds; only orders created later. */
  readonly createdAfter?: number | undefined;
  readonly beforeId?: OrderId | undefined;
  readonly limit: number;
};

export type HistoryEvent = {
  readonly version: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly recordedAt: string;
};

/** What the API reads. The cache serves single orders only; nothing is decided on what it says. */
export type OrderReads = {
  order(orderId: OrderId): Promise<OrderRecord | undefined>;
  orders(filter: OrderFilter): Promise<readonly OrderRecord[]>;
  /** Empty when there is no such order. */
  history(orderId: OrderId, afterVersion?: number): Promise<readonly HistoryEvent[]>;
};

/** A copy is dropped when this process changes its order; another process's change shows after this long, milliseconds. */
const cacheTtlMs = 1_000;

export function createOrderReads(deps: {
  readonly log: EventLog;
  readonly cache: Cache<OrderRecord>;
  readonly random: Random;
  readonly onCacheFailure: (error: unknown) => void;
}): OrderReads {
  const { log, cache, random, onCacheFailure } = deps;
  log.onAppend((rows) => {
    for (const streamId of new Set(rows.map((row) => row.streamId))) cache.delete(streamId).catch(onCacheFailure);
  });
  const read = createReadThrough<OrderRecord>({
    cache,
    random,
    ttlMs: cacheTtlMs,
    onCacheFailure,
    async load(orderId) {
      const row = await log.readModel(orderId as OrderId);
      return row && { version: row.version, value: recordOfRow(row) };
    },
  });

  return {
    order: async (orderId) => (await read(orderId))?.value,
    async orders({ userId, status, createdAfter, beforeId, limit }) {
      const rows = await log.listReadModel({
        equals: { ...(userId !== undefined && { user_id: userId }), ...(status !== undefined && { status }) },
        ...(createdAfter !== undefined && { createdFrom: createdAfter + 1 }),
        ...(beforeId !== undefined && { beforeId }),
        limit,
      });
      return rows.map(recordOfRow);
    },
    history: async (orderId, afterVersion = 0) => (await log.readStream(orderId, afterVersion)).map(historyEvent),
  };
}

/** What leaves the service of an event: never the payment token or the address. */
export function historyEvent(row: LogRow): HistoryEvent {
  const { version, type, recordedAt } = row;
  return { version, type, data: publicData(row), recordedAt: toInstant(recordedAt) };
}

function publicData(row: LogRow): HistoryEvent['data'] {
  const data = row.data as HistoryEvent['data'];
  if (row.type !== 'OrderCreated') return data;
  const { userId, currency, items, total } = data;
  return { userId, currency, items, total };
}
