import { randomBytes } from 'node:crypto';
import { services } from '@checkout/contracts';
import type { AppendRequest, AppendUnit, LogStorage, OffsetMove } from '@checkout/event-log';
import { causeOf, type OrderId, sha256Hex, uuidV7, withTail } from '@checkout/kernel';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BenchError, StoppedError } from '../bench-context.ts';
import type { OrderTemplate } from './order-templates.ts';
import type { ServiceLogs } from './service-logs.ts';

export type Fill = {
  readonly logs: ServiceLogs;
  readonly templates: readonly OrderTemplate[];
  readonly orders: number;
  /** Moves the clock of the logs on and says when the next order was placed, Unix milliseconds. */
  readonly nextOrderAt: () => number;
  readonly signal: AbortSignal;
  readonly onProgress: (filled: number) => void;
};

/** One transaction in each log for so many orders. */
const ordersPerCommit = 500;

/**
 * Appends completed orders to all logs as the platform would have recorded them, through the storage's own commit: rows,
 * read models, idempotency keys, positions. Then it moves every consumer's offsets to the ends, because nothing of this is
 * news to anybody.
 *
 * @returns how many rows were appended
 * @throws BenchError when the storage sets something aside; StoppedError
 */
export async function fillLogs({ logs, templates, orders, nextOrderAt, signal, onProgress }: Fill): Promise<number> {
  let rows = 0;
  for (let filled = 0; filled < orders;) {
    const made = Array.from({ length: Math.min(ordersPerCommit, orders - filled) }, (_, index) => {
      const template = templates[(filled + index) % templates.length] as OrderTemplate;
      rows += template.rows;
      return { template, ...newOrder(nextOrderAt()) };
    });
    for (const service of services) {
      const requests = made.map(({ template, orderId, keyHash, correlationId }): AppendRequest => {
        const stream = { streamId: orderId, expectedVersion: 0, ...template.streamOf(service, orderId) };
        const unit: AppendUnit = { cause: { id: causeOf('fill', orderId), correlationId }, streams: [stream] };
        const key = { keyHash, commandHash: sha256Hex(keyHash), streamId: orderId };
        return { units: [service === 'order' ? { ...unit, key } : unit] };
      });
      await commitAll(logs[service], requests);
      await nextTurn();
      if (signal.aborted) throw new StoppedError();
    }
    filled += made.length;
    onProgress(filled);
  }
  await moveOffsetsToTheEnds(logs);
  return rows;
}

function newOrder(placedAtMs: number): {
  readonly orderId: OrderId;
  readonly keyHash: string;
  readonly correlationId: string;
} {
  const keyHash = randomBytes(32).toString('hex');
  // As for a real order, the key's hash chooses the partition.
  const orderId = withTail(uuidV7(placedAtMs, randomBytes(10)), keyHash.slice(-8));
  return { orderId, keyHash, correlationId: uuidV7(placedAtMs, randomBytes(10)) };
}

async function commitAll(log: LogStorage, requests: readonly AppendRequest[]): Promise<void> {
  const commit = await log.commit(requests);
  const { service } = log.identity;
  if (commit.kind !== 'committed') throw new BenchError(`filling ${service} failed: ${commit.error.message}`);
  const misfit = commit.results.flatMap(({ outcomes }) => outcomes).find(({ kind }) => kind !== 'appended');
  if (misfit !== undefined) throw new BenchError(`filling ${service} met a ${misfit.kind}`);
}

async function moveOffsetsToTheEnds(logs: ServiceLogs): Promise<void> {
  const producers = new Map(Object.values(logs).map((log) => [log.identity.logId, log]));
  for (const service of services) {
    const consumer = logs[service];
    const offsets: OffsetMove[] = [];
    for (const logId of await consumer.offsetLogs(service)) {
      const heads = (await producers.get(logId)?.heads()) ?? [];
      const places = await consumer.offsets(service, logId);
      for (const [partition, to] of heads.entries()) {
        const from = places.get(partition) ?? 0;
        if (to > from) offsets.push({ group: service, logId, partition, from, to });
      }
    }
    const commit = await consumer.commit([{ units: [], offsets }]);
    const moved = commit.kind === 'committed' && commit.results.every((result) => result.offsets === 'moved');
    if (offsets.length > 0 && !moved) throw new BenchError(`the offsets of ${service} could not be moved`);
  }
}
