import type { RawMessage } from '@checkout/contracts';
import type { EventLog } from '@checkout/event-log';
import type { Clock } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import { messagesOfRow } from './messages-of-row.ts';

/** A broker, as the relay needs it. */
export type Publisher = {
  /**
   * Appends messages to a partition of their topics, in this order. Resolves when the broker has all of them durably.
   * @throws when it may not have: the same messages come again, so a broker may see some of them twice.
   */
  publish(partition: number, messages: readonly RawMessage[]): Promise<void>;
};

export type RelayDeps = {
  readonly log: EventLog;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of this process alone: a name that no other process has, and that a restart changes. */
  readonly owner: string;
  /** Waits between looks for rows of other processes, milliseconds: after one that found some, and when there are none. */
  readonly pollMs?: { readonly busy: number; readonly idle: number };
};

export type Relay = {
  start(): void;
  /** Finishes what is being published, and gives the leases back. */
  stop(): Promise<void>;
};

const consumer = 'relay';
const leaseMs = 10_000;
const renewAfterMs = leaseMs / 3;
/** Before another owner's lease is asked for again. */
const retakeMs = 1_000;
const maxRowsPerPublish = 500;
/** What is published and not yet noted is published again after a crash, so this costs copies, and each note costs a commit. */
const noteEveryMs = 1_000;
const defaultPollMs = { busy: 5, idle: 250 } as const;
/** A look that finds nothing is followed by a longer wait. */
const pollGrowth = 1.5;
const retryBaseMs = 50;
const retryCapMs = 10_000;

/**
 * Carries a log's messages to a broker: the rows are the outbox. At least once, and first copies in the order of the log:
 * a partition has one owner at a time, the cursor moves only behind the broker's acknowledgement, and an owner that lost
 * its lease cannot move it. What such an owner still publishes are copies of what its successor publishes as well. The
 * cursor is behind by a second at most, so a successor publishes that much again.
 */
export function createRelay(deps: RelayDeps): Relay {
  const { log, publisher, clock, logger, owner, pollMs = defaultPollMs } = deps;
  const { identity } = log;
  const stopping = new AbortController();
  const waiting = new Map<number, AbortController>();
  let running: Promise<unknown> = Promise.resolve();
  let unlisten = () => {};

  const leaseOf = (partition: number) => ({ consumer, partition, owner });
  /** Partitions that moved since their log was read last. */
  const woken = new Set<number>();
  const wake = (partition: number) => {
    woken.add(partition);
    waiting.get(partition)?.abort();
  };

  /** Until there may be new rows, or the lease has to be renewed. */
  const idle = async (partition: number, ms: number) => {
    if (woken.has(partition)) return;
    const waited = new AbortController();
    waiting.set(partition, waited);
    if (!stopping.signal.aborted) await clock.sleep(ms, waited.signal);
    waiting.delete(partition);
  };

  /** Publishes from a position on, for as long as the lease is ours. */
  const publishFrom = async (partition: number, start: number) => {
    let position = start;
    let noted = start;
    let renewAt = clock.monotonic() + renewAfterMs;
    let noteAt = clock.monotonic() + noteEveryMs;
    /** Whether the lease was ours when the cursor moved. */
    const note = async () => {
      noteAt = clock.monotonic() + noteEveryMs;
      if (noted === position) return true;
      const isOurs = await log.moveCursor(leaseOf(partition), { from: noted, to: position });
      noted = position;
      return isOurs;
    };
    while (!stopping.signal.aborted) {
      if (clock.monotonic() >= noteAt && !(await note())) return;
      if (clock.monotonic() >= renewAt) {
        const renewed = await log.takeLease(leaseOf(partition), leaseMs);
        if (renewed?.position !== noted) return;
        renewAt = clock.monotonic() + renewAfterMs;
      }
      woken.delete(partition);
      const rows = await log.readPartition(partition, position + 1, maxRowsPerPublish);
      const last = rows.at(-1);
      if (last === undefined) {
        const nextAt = noted === position ? renewAt : Math.min(renewAt, noteAt);
        await idle(partition, Math.max(1, nextAt - clock.monotonic()));
        continue;
      }
      const messages = rows.flatMap((row) => messagesOfRow(identity, row));
      if (messages.length > 0) await publisher.publish(partition, messages);
      ({ position } = last);
    }
    await note();
  };

  const run = async (partition: number) => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        const granted = await log.takeLease(leaseOf(partition), leaseMs);
        if (granted === undefined) await clock.sleep(retakeMs, stopping.signal);
        else await publishFrom(partition, granted.position);
        failures = 0;
      } catch (error) {
        failures += 1;
        logger.warn('publishing will be tried again', { partition, attempt: failures, err: error });
        await clock.sleep(Math.min(retryCapMs, retryBaseMs * 2 ** failures), stopping.signal);
      }
    }
    await log.releaseLease(leaseOf(partition)).catch((error: unknown) => {
      logger.warn('a lease was not given back: it ends by itself', { partition, err: error });
    });
  };

  /** The last rows that this process knows of. */
  const known = Array.from({ length: identity.partitions }, () => 0);

  /** Rows that other processes recorded. */
  const poll = async () => {
    let waitMs: number = pollMs.busy;
    while (!stopping.signal.aborted) {
      try {
        const heads = await log.heads();
        const moved = heads.flatMap((head, partition) => (head > (known[partition] ?? 0) ? [partition] : []));
        for (const partition of moved) {
          known[partition] = heads[partition] ?? 0;
          wake(partition);
        }
        waitMs = moved.length > 0 ? pollMs.busy : Math.min(pollMs.idle, waitMs * pollGrowth);
      } catch (error) {
        logger.warn('the heads could not be read', { err: error });
        waitMs = pollMs.idle;
      }
      await clock.sleep(waitMs, stopping.signal);
    }
  };

  return {
    start() {
      unlisten = log.onAppend((rows) => {
        for (const { partition, position } of rows) {
          known[partition] = Math.max(known[partition] ?? 0, position);
          wake(partition);
        }
      });
      const partitions = Array.from({ length: identity.partitions }, (_, partition) => run(partition));
      running = Promise.all([...partitions, poll()]);
    },
    async stop() {
      unlisten();
      stopping.abort();
      for (const waited of waiting.values()) waited.abort();
      await running;
    },
  };
}
