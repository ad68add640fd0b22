import type { RawMessage } from '@checkout/contracts';
import type { EventLog } from '@checkout/event-log';
import type { Clock } from '@checkout/kernel';
import type { Logger, Metrics } from '@checkout/runtime';
import { tracePublisher } from './message-spans.ts';
import { observeOutbox } from './outbox-metrics.ts';
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
  /** Without them, nobody is told how far behind it is. */
  readonly metrics?: Metrics | undefined;
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
/** Before leases of other owners are asked for again. */
const retakeMs = 1_000;
const maxRowsPerPublish = 500;
/** What is published and not yet noted is published again after a crash, so this costs copies, and each note costs a commit. */
const noteEveryMs = 1_000;
const defaultPollMs = { busy: 5, idle: 250 } as const;
/** A look that finds nothing is followed by a longer wait. */
const pollGrowth = 1.5;
const retryBaseMs = 50;
const retryCapMs = 10_000;

/** The work on a partition whose lease is ours. */
type Work = {
  /** Of the last row that the broker has. */
  position: number;
  /** When the first row behind it was recorded, once that is known. */
  waitingSince: number | undefined;
  /** Since when the broker has been asked, while it has not answered. */
  askedAt: number | undefined;
  isOurs: boolean;
};

/**
 * Carries a log's messages to a broker: the rows are the outbox. At least once, and first copies in the order of the log:
 * a partition has one owner at a time, the cursor moves only behind the broker's acknowledgement, and an owner that lost
 * its lease cannot move it. What such an owner still publishes are copies of what its successor publishes as well. The
 * cursor is behind by a second at most, so a successor publishes that much again.
 */
export function createRelay(deps: RelayDeps): Relay {
  const { log, clock, logger, owner, pollMs = defaultPollMs } = deps;
  const { identity } = log;
  const publisher = tracePublisher(deps.publisher, { service: identity.service, clock });
  const partitions = Array.from({ length: identity.partitions }, (_, partition) => partition);
  const stopping = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  let unlisten = () => {};

  const works = new Map<number, Work>();
  const underWay = new Set<Promise<void>>();
  /** Publications that failed since the last one that did not, by partition. */
  const failures = new Map<number, number>();
  /** Ends the wait until leases are asked for again. */
  let resting = new AbortController();

  const waiting = new Map<number, AbortController>();
  /** Partitions that moved since their log was read last. */
  const woken = new Set<number>();
  const wake = (partition: number) => {
    woken.add(partition);
    waiting.get(partition)?.abort();
  };

  /** Until there may be new rows, or the work is over, or so much time has passed. */
  const idle = async (partition: number, ms: number | undefined) => {
    if (woken.has(partition) || stopping.signal.aborted) return;
    const waited = new AbortController();
    waiting.set(partition, waited);
    if (ms === undefined) await aborted(waited.signal);
    else await clock.sleep(ms, waited.signal);
    waiting.delete(partition);
  };

  /** Publishes what comes behind a position, for as long as the lease is ours. */
  const publish = async (partition: number, work: Work) => {
    let noted = work.position;
    let noteAt = clock.monotonic() + noteEveryMs;
    /** Whether the lease was ours when the cursor moved. */
    const note = async () => {
      noteAt = clock.monotonic() + noteEveryMs;
      if (noted === work.position) return true;
      const isOurs = await log.moveCursor({ consumer, partition, owner }, { from: noted, to: work.position });
      noted = work.position;
      return isOurs;
    };
    while (work.isOurs && !stopping.signal.aborted) {
      if (clock.monotonic() >= noteAt && !(await note())) return;
      woken.delete(partition);
      const rows = await log.readPartition(partition, work.position + 1, maxRowsPerPublish);
      const last = rows.at(-1);
      if (last === undefined) {
        await idle(partition, noted === work.position ? undefined : Math.max(1, noteAt - clock.monotonic()));
        continue;
      }
      work.waitingSince = rows[0]?.recordedAt;
      const messages = rows.flatMap((row) => messagesOfRow(identity, row));
      if (messages.length > 0) {
        work.askedAt = clock.monotonic();
        await publisher.publish(partition, messages);
        work.askedAt = undefined;
        failures.delete(partition);
      }
      work.position = last.position;
      work.waitingSince = undefined;
    }
    await note();
  };

  const begin = (partition: number, position: number) => {
    const work: Work = { position, waitingSince: undefined, askedAt: undefined, isOurs: true };
    works.set(partition, work);
    const run = async () => {
      try {
        await publish(partition, work);
      } catch (error) {
        work.askedAt = undefined;
        const attempt = (failures.get(partition) ?? 0) + 1;
        failures.set(partition, attempt);
        logger.warn('publishing will be tried again', { partition, attempt, err: error });
        await clock.sleep(Math.min(retryCapMs, retryBaseMs * 2 ** attempt), stopping.signal);
      }
      works.delete(partition);
      resting.abort();
    };
    const done = run().finally(() => underWay.delete(done));
    underWay.add(done);
  };

  const end = (partition: number, work: Work) => {
    work.isOurs = false;
    waiting.get(partition)?.abort();
  };

  /** A broker that does not answer one owner may answer another: such a lease is left to end. */
  const isHung = (partition: number) => {
    const askedAt = works.get(partition)?.askedAt;
    return askedAt !== undefined && clock.monotonic() - askedAt > renewAfterMs;
  };

  /** Takes all leases that can be had, keeps them, and works on each partition for as long as it is ours. */
  const keepLeases = async () => {
    while (!stopping.signal.aborted) {
      resting = new AbortController();
      let waitMs: number = retakeMs;
      try {
        const asked = partitions.filter((partition) => !isHung(partition));
        const taken = await log.takeLeases({ consumer, owner, partitions: asked }, leaseMs);
        for (const partition of asked) {
          const work = works.get(partition);
          const position = taken.get(partition);
          if (work === undefined && position !== undefined) begin(partition, position);
          // A cursor beyond what we have published: the lease was somebody else's meanwhile.
          if (work !== undefined && (position === undefined || position > work.position)) end(partition, work);
        }
        if (taken.size === partitions.length) waitMs = renewAfterMs;
      } catch (error) {
        logger.warn('leases will be asked for again', { err: error });
      }
      await clock.sleep(waitMs, resting.signal);
    }
  };

  /** The last rows that this process knows of. */
  const known = partitions.map(() => 0);

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

  if (deps.metrics !== undefined) observeOutbox(deps.metrics, { clock, works, known });

  return {
    start() {
      unlisten = log.onAppend((rows) => {
        for (const { partition, position } of rows) {
          known[partition] = Math.max(known[partition] ?? 0, position);
          wake(partition);
        }
      });
      running = Promise.all([keepLeases(), poll()]);
    },
    async stop() {
      unlisten();
      stopping.abort();
      resting.abort();
      for (const waited of waiting.values()) waited.abort();
      await running;
      await Promise.all(underWay);
      await log.releaseLeases({ consumer, owner }).catch((error: unknown) => {
        logger.warn('leases were not given back: they end by themselves', { err: error });
      });
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
