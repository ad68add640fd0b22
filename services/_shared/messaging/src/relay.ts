import type { RawMessage } from '@checkout/contracts';
import type { EventLog, LogRow } from '@checkout/event-log';
import type { Clock } from '@checkout/kernel';
import type { Logger, Metrics } from '@checkout/runtime';
import { createBudget } from './budget.ts';
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
/** Of all partitions together, read and not yet acknowledged: a log with much behind it, as after an outage, has to fit into memory. */
const maxRowsInHand = 1_000;
/** What is published and not yet noted is published again after a crash, so this costs copies, and each note costs a commit. */
const noteEveryMs = 1_000;
const defaultPollMs = { busy: 5, idle: 250 } as const;
/** A row of our own may be seen in the database before its commit is answered: by then it is known whose it is. */
const ownRowsMs = 10;
/** A look that finds nothing of others is followed by a longer wait. */
const pollGrowth = 1.5;
const retryBaseMs = 50;
const retryCapMs = 10_000;

/** The work on a partition whose lease is ours. */
type Work = {
  /** Of the last row that the broker has. */
  position: number;
  /** Where the cursor is. */
  noted: number;
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
  /** Rows of a publication, by partition, where the broker takes too long for the most there may be. */
  const limits = new Map<number, number>();
  const rowsInHand = createBudget(maxRowsInHand);
  /** Ends the wait until leases are asked for again. */
  let resting = new AbortController();

  /** Each goes on when its partition moved, or its work is over. */
  const waiting = new Map<number, () => void>();
  /** Partitions that moved since their log was read last. */
  const woken = new Set<number>();
  const wake = (partition: number) => {
    woken.add(partition);
    waiting.get(partition)?.();
  };

  /** Until there may be new rows, or the work is over. */
  const idle = async (partition: number) => {
    if (woken.has(partition) || stopping.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.set(partition, resolve);
    await promise;
    waiting.delete(partition);
  };

  /** Publishes what comes behind a position, for as long as the lease is ours. */
  const publish = async (partition: number, work: Work) => {
    const isOver = () => !work.isOurs || stopping.signal.aborted;
    while (!isOver()) {
      const limit = limits.get(partition) ?? maxRowsPerPublish;
      const share = await rowsInHand.take(limit);
      try {
        if (isOver()) return;
        woken.delete(partition);
        const rows = await log.readPartition(partition, work.position + 1, limit);
        share.keep(rows.length);
        const last = rows.at(-1);
        if (last === undefined) await idle(partition);
        else await publishRows(partition, work, { rows, last, limit });
      } finally {
        share.keep(0);
      }
    }
  };

  const publishRows = async (
    partition: number,
    work: Work,
    { rows, last, limit }: { readonly rows: readonly LogRow[]; readonly last: LogRow; readonly limit: number },
  ) => {
    work.waitingSince = rows[0]?.recordedAt;
    const messages = rows.flatMap((row) => messagesOfRow(identity, row));
    if (messages.length > 0) {
      work.askedAt = clock.monotonic();
      await publisher.publish(partition, messages);
      failures.delete(partition);
    }
    work.position = last.position;
    work.waitingSince = undefined;
    limits.set(
      partition,
      isHung(partition) ? Math.max(1, Math.floor(rows.length / 2)) : Math.min(maxRowsPerPublish, limit * 2),
    );
    // The lease was not renewed meanwhile: whose it is by now is told by the cursor. If all that came in one publication took
    // longer than a lease, two owners would take it from each other for ever, and neither would get on.
    if (isHung(partition)) await note();
    work.askedAt = undefined;
  };

  /** Notes for all partitions together how far they are published: each note is a commit. */
  const note = async () => {
    const published = [...works].filter(([, { noted, position }]) => noted !== position);
    if (published.length === 0) return;
    const moves = published.map(([partition, { noted: from, position: to }]) => ({ partition, from, to }));
    const moved = await log.moveCursors({ consumer, owner }, moves);
    for (const [index, [partition, work]] of published.entries()) {
      if (moved.has(partition)) work.noted = moves[index]?.to ?? work.noted;
      else end(partition, work);
    }
  };

  const keepNotes = async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(noteEveryMs, stopping.signal);
      if (!stopping.signal.aborted) await tryToNote();
    }
  };

  const tryToNote = () =>
    note().catch((error: unknown) => {
      logger.warn('what is published will be noted later', { err: error });
    });

  const begin = (partition: number, position: number) => {
    const work: Work = { position, noted: position, waitingSince: undefined, askedAt: undefined, isOurs: true };
    works.set(partition, work);
    const run = async () => {
      try {
        await publish(partition, work);
      } catch (error) {
        if (isHung(partition))
          limits.set(partition, Math.max(1, Math.floor((limits.get(partition) ?? maxRowsPerPublish) / 2)));
        work.askedAt = undefined;
        const attempt = (failures.get(partition) ?? 0) + 1;
        failures.set(partition, attempt);
        logger.warn('publishing will be tried again', { partition, attempt, err: error });
        await clock.sleep(Math.min(retryCapMs, retryBaseMs * 2 ** attempt), stopping.signal);
      }
      // What is published when the relay stops is noted behind it.
      if (!stopping.signal.aborted) works.delete(partition);
      resting.abort();
    };
    const done = run().finally(() => underWay.delete(done));
    underWay.add(done);
  };

  const end = (partition: number, work: Work) => {
    work.isOurs = false;
    waiting.get(partition)?.();
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

  /** The last rows that this process knows of, and that it has recorded itself. */
  const known = partitions.map(() => 0);
  const own = partitions.map(() => 0);

  /** @returns the heads that were news to us */
  const look = async () => {
    const heads = await log.heads();
    const moved = heads.flatMap((head, partition) => (head > (known[partition] ?? 0) ? [{ partition, head }] : []));
    for (const { partition, head } of moved) {
      known[partition] = head;
      wake(partition);
    }
    return moved;
  };

  /** Rows that other processes recorded. */
  const poll = async () => {
    let waitMs: number = pollMs.busy;
    while (!stopping.signal.aborted) {
      try {
        const news = await look();
        if (news.length > 0) await clock.sleep(ownRowsMs, stopping.signal);
        const isFromOthers = news.some(({ partition, head }) => head > (own[partition] ?? 0));
        waitMs = isFromOthers ? pollMs.busy : Math.min(pollMs.idle, waitMs * pollGrowth);
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
          own[partition] = Math.max(own[partition] ?? 0, position);
          known[partition] = Math.max(known[partition] ?? 0, position);
          wake(partition);
        }
      });
      running = Promise.all([keepLeases(), keepNotes(), poll()]);
    },
    async stop() {
      unlisten();
      stopping.abort();
      resting.abort();
      for (const goOn of waiting.values()) goOn();
      await running;
      await Promise.all(underWay);
      await tryToNote();
      await log.releaseLeases({ consumer, owner }).catch((error: unknown) => {
        logger.warn('leases were not given back: they end by themselves', { err: error });
      });
    },
  };
}
