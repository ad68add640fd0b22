import type { LogReads, LogRow } from '@checkout/event-log';
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchError } from '../bench-context.ts';

/** Tells when orders have ended, without asking the platform. */
export type OrderEndings = {
  /** Resolves with the type of the order's last event, soon after it is durable. At most once for each order. */
  untilEnded(orderId: string): Promise<string>;
  stop(): Promise<void>;
};

/** The order service's log, for one who reads it from outside. */
export type FollowedLog = Pick<LogReads, 'heads' | 'readPartition'> & { close(): void | Promise<void> };

const lastEvents: ReadonlySet<string> = new Set(['OrderCompleted', 'OrderFailed', 'OrderCancelled']);
/** Each look costs the database one question, and one more for each partition that moved. */
const pollMs = 20;
const maxRowsPerRead = 1_000;
/** An order that has not ended by then never will: every outcome is known after 20 s, and every retry after 60. */
const endMs = 90_000;

/**
 * Follows the order service's log as one who stands outside does: by reading it. So that an order is over is known
 * within some 20 ms of the commit, and knowing it costs the platform's processes nothing, and the database little.
 *
 * @param reader only what is appended from now on counts; closed with what is returned
 */
export async function followOrderEndings(reader: FollowedLog): Promise<OrderEndings> {
  const waiting = new Map<string, Waiting>();
  /** Ended before their 201 was read. */
  const early = new Map<string, string>();
  const stopping = new AbortController();

  const note = ({ streamId, type }: LogRow) => {
    if (!lastEvents.has(type)) return;
    const waiter = waiting.get(streamId);
    if (waiter === undefined) early.set(streamId, type);
    else settle(streamId, () => waiter.resolve(type));
  };
  const settle = (orderId: string, tell: () => void) => {
    clearTimeout(waiting.get(orderId)?.deadline);
    waiting.delete(orderId);
    tell();
  };
  const failAll = (error: Error) => {
    for (const [orderId, waiter] of waiting) settle(orderId, () => waiter.reject(error));
  };
  const known = [...(await reader.heads())];
  const follow = async () => {
    while (!stopping.signal.aborted) {
      await readNew(reader, known, note);
      await sleep(pollMs);
    }
  };
  const following = follow().catch(failAll);

  return {
    untilEnded(orderId) {
      const type = early.get(orderId);
      early.delete(orderId);
      if (type !== undefined) return Promise.resolve(type);
      return new Promise((resolve, reject) => {
        const late = new BenchError(`order ${orderId} has not ended after ${endMs / 1_000} s`);
        const deadline = setTimeout(() => settle(orderId, () => reject(late)), endMs);
        waiting.set(orderId, { resolve, reject, deadline });
      });
    },
    async stop() {
      stopping.abort();
      await following;
      await reader.close();
      failAll(new BenchError('nobody looks for the ends of orders any more'));
    },
  };
}

type Waiting = {
  readonly resolve: (type: string) => void;
  readonly reject: (error: Error) => void;
  readonly deadline: NodeJS.Timeout;
};

/** @param known the last positions that were looked at, by partition; moved on */
async function readNew(reader: FollowedLog, known: number[], note: (row: LogRow) => void): Promise<void> {
  for (const [partition, head] of (await reader.heads()).entries()) {
    for (let last = known[partition] ?? 0; last < head; last = known[partition] ?? 0) {
      const rows = await reader.readPartition(partition, last + 1, maxRowsPerRead);
      rows.forEach(note);
      known[partition] = rows.at(-1)?.position ?? head;
    }
  }
}
