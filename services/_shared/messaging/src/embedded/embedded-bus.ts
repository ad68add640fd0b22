import { producerOf, type RawMessage, type ServiceName } from '@checkout/contracts';
import type { EventLog, LogIdentity, OffsetMove } from '@checkout/event-log';
import type { Clock } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import type { Bus, Subscription } from '../bus.port.ts';
import { messagesOfRow } from '../messages-of-row.ts';
import type { LogSource } from './log-source.ts';

/**
 * Messages handed over together. Group commit joins the partitions' batches, so a bigger one would save little, and sixteen
 * big ones in one turn of the event loop would keep it from everything else: a provider's answer would come too late.
 */
const maxMessagesPerDelivery = 16;
const maxRowsPerRead = 256;
/** An offset that nothing else moves is recorded after this many rows without a message for the group. */
const maxUnrecordedRows = 1_000;
const retryBaseMs = 50;
const retryCapMs = 10_000;
/** Rows of which no wake-up told, because their commit's answer was lost, are found after this long at the latest. */
const fallbackPollMs = 1_000;
/** A producer that has not made its log yet is looked for this often. */
const producerPollMs = 200;

export type EmbeddedBusDeps = {
  /** The consuming service's own log: it keeps the group's offsets. */
  readonly log: EventLog;
  readonly sources: Readonly<Record<ServiceName, LogSource>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The bus cannot go on: an offset that belongs to another log. The process should say so and end. */
  readonly onFatal: (error: Error) => void;
};

/** An offset that cannot be used. One line that says what to do. */
export class OffsetMismatchError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OffsetMismatchError';
  }
}

/**
 * The bus without a broker: a topic is a view of its producer's log, so there is no second copy that could be lost. An
 * offset is the last position that the group looked at; it moves in the transaction that records what was done.
 */
export function createEmbeddedBus(deps: EmbeddedBusDeps): Bus {
  const { log, sources, clock, logger } = deps;
  const subscriptions: Subscription[] = [];
  const stopping = new AbortController();
  const readers: GroupReader[] = [];
  let starting: Promise<void> = Promise.resolve();

  const producersOf = ({ topics }: Subscription) => [...new Set(topics.map(producerOf))];

  /** Waits for producers in other processes that have not made their log yet. */
  const identityOf = async (producer: ServiceName): Promise<LogIdentity | undefined> => {
    while (!stopping.signal.aborted) {
      const identity = await sources[producer].identity();
      if (identity !== undefined) return identity;
      await clock.sleep(producerPollMs, stopping.signal);
    }
    return undefined;
  };

  const begin = async (subscription: Subscription) => {
    const producers: Producer[] = [];
    for (const service of producersOf(subscription)) {
      const identity = await identityOf(service);
      if (identity === undefined) return;
      if (identity.partitions !== log.identity.partitions) {
        throw new OffsetMismatchError(
          `${service} has ${identity.partitions} partitions, ${log.identity.service} has ${log.identity.partitions}: they must agree.`,
        );
      }
      producers.push({ service, identity, source: sources[service] });
    }
    await refuseForeignOffsets(log, subscription.group, producers);
    if (stopping.signal.aborted) return;
    const reader = createGroupReader({ log, clock, logger, stopping: stopping.signal }, subscription, producers);
    readers.push(reader);
    await reader.start();
  };

  return {
    subscribe: (subscription) => void subscriptions.push(subscription),
    async start() {
      const begun = subscriptions.map(async (subscription) => {
        const local = await Promise.all(producersOf(subscription).map((producer) => sources[producer].identity()));
        const ready = begin(subscription);
        // Only what can be checked now is waited for: services start in any order.
        if (local.every((identity) => identity !== undefined)) await ready;
        else starting = Promise.all([starting, ready.catch(deps.onFatal)]).then(() => {});
      });
      await Promise.all(begun);
    },
    async stop() {
      stopping.abort();
      await starting;
      await Promise.all(readers.map((reader) => reader.stop()));
    },
  };
}

type Producer = { readonly service: ServiceName; readonly identity: LogIdentity; readonly source: LogSource };

async function refuseForeignOffsets(log: EventLog, group: string, producers: readonly Producer[]): Promise<void> {
  const known = new Set(producers.map((producer) => producer.identity.logId));
  const foreign = (await log.offsetLogs(group)).find((logId) => !known.has(logId));
  if (foreign !== undefined) {
    throw new OffsetMismatchError(
      `${group} has read from a log (${foreign}) that is no longer there: a producer's database was replaced. ` +
        'Put the old database back, or wipe the whole data directory (npm start -- --reset).',
    );
  }
  for (const { service, identity, source } of producers) {
    const heads = await source.heads();
    for (const [partition, position] of await log.offsets(group, identity.logId)) {
      if (position <= (heads[partition] ?? 0)) continue;
      throw new OffsetMismatchError(
        `${group} has read ${service}'s partition ${partition} up to ${position}, and it ends at ${heads[partition] ?? 0}: ` +
          'an older copy of that database was put back. Restore all databases of one moment.',
      );
    }
  }
}

type GroupReader = { start(): Promise<void>; stop(): Promise<void> };

/** Where a group stands in one producer's partition: `recorded` is durable, `lookedAt` is what has been read since. */
type Place = { recorded: number; lookedAt: number };

/** One loop per partition; each gathers from all producers, so that what comes together is recorded together. */
function createGroupReader(
  deps: { readonly log: EventLog; readonly clock: Clock; readonly logger: Logger; readonly stopping: AbortSignal },
  subscription: Subscription,
  producers: readonly Producer[],
): GroupReader {
  const { log, clock, logger, stopping } = deps;
  const { partitions } = log.identity;
  const { group } = subscription;
  const topics: ReadonlySet<string> = new Set(subscription.topics);
  const places: Place[][] = [];
  const loops = new Map<number, Promise<void>>();
  const dirty = new Set<number>();
  let unwatch: (() => void)[] = [];

  const placeOf = (producer: number, partition: number): Place => {
    const place = places[producer]?.[partition];
    if (place === undefined) throw new Error(`partition ${partition} was not loaded`);
    return place;
  };

  const loadPlaces = async (only?: number) => {
    for (const [index, producer] of producers.entries()) {
      const offsets = await log.offsets(group, producer.identity.logId);
      const ofProducer = (places[index] ??= []);
      for (let partition = 0; partition < partitions; partition += 1) {
        if (only !== undefined && only !== partition) continue;
        const position = offsets.get(partition) ?? 0;
        ofProducer[partition] = { recorded: position, lookedAt: position };
      }
    }
  };

  const gather = async (partition: number) => {
    const messages: RawMessage[] = [];
    let rowsRead = 0;
    for (const [index, producer] of producers.entries()) {
      const place = placeOf(index, partition);
      if (messages.length >= maxMessagesPerDelivery) {
        dirty.add(partition);
        break;
      }
      const rows = await producer.source.readPartition(partition, place.lookedAt + 1, maxRowsPerRead);
      for (const row of rows) {
        const wanted = messagesOfRow(producer.identity, row).filter(
          (message) => topics.has(message.topic) && subscription.accepts(message),
        );
        messages.push(...wanted);
        place.lookedAt = row.position;
        rowsRead += 1;
        if (messages.length >= maxMessagesPerDelivery) break;
      }
    }
    return { messages, rowsRead };
  };

  const movesOf = (partition: number): OffsetMove[] =>
    producers.flatMap((producer, index) => {
      const { recorded, lookedAt } = placeOf(index, partition);
      if (recorded === lookedAt) return [];
      return [{ group, logId: producer.identity.logId, partition, from: recorded, to: lookedAt }];
    });

  /** @returns whether there may be more. */
  const step = async (partition: number): Promise<boolean> => {
    const { messages, rowsRead } = await gather(partition);
    const offsets = movesOf(partition);
    const unrecorded = offsets.reduce((sum, move) => sum + move.to - move.from, 0);
    if (messages.length === 0 && unrecorded < maxUnrecordedRows) return rowsRead > 0;
    const handled = await subscription.handle({ partition, messages, offsets });
    if (handled === 'stale') {
      await loadPlaces(partition);
      return true;
    }
    producers.forEach((_, index) => {
      const place = placeOf(index, partition);
      place.recorded = place.lookedAt;
    });
    return rowsRead > 0;
  };

  const run = async (partition: number) => {
    let failures = 0;
    while (dirty.has(partition) && !stopping.aborted) {
      dirty.delete(partition);
      try {
        if (await step(partition)) dirty.add(partition);
        failures = 0;
      } catch (error) {
        failures += 1;
        logger.warn('delivery will be tried again', { group, partition, attempt: failures, err: error });
        dirty.add(partition);
        await clock.sleep(Math.min(retryCapMs, retryBaseMs * 2 ** failures), stopping);
        rewind(partition);
      }
    }
  };

  /** What was read and not recorded is read again. */
  const rewind = (partition: number) => {
    producers.forEach((_, index) => {
      const place = placeOf(index, partition);
      place.lookedAt = place.recorded;
    });
  };

  const wake = (woken: readonly number[]) => {
    if (stopping.aborted) return;
    for (const partition of woken) {
      dirty.add(partition);
      if (loops.has(partition)) continue;
      const loop = run(partition).finally(() => {
        loops.delete(partition);
        if (dirty.has(partition)) wake([partition]);
      });
      loops.set(partition, loop);
    }
  };

  const pollAsFallback = async () => {
    while (!stopping.aborted) {
      await clock.sleep(fallbackPollMs, stopping);
      try {
        for (const [index, producer] of producers.entries()) {
          const heads = await producer.source.heads();
          wake(heads.flatMap((head, partition) => (head > placeOf(index, partition).lookedAt ? [partition] : [])));
        }
      } catch (error) {
        logger.warn('the heads could not be read', { group, err: error });
      }
    }
  };
  let polling: Promise<void> = Promise.resolve();

  return {
    async start() {
      await loadPlaces();
      unwatch = producers.map((producer) => producer.source.watch(wake));
      wake(Array.from({ length: partitions }, (_, partition) => partition));
      polling = pollAsFallback();
    },
    async stop() {
      for (const stop of unwatch) stop();
      await polling;
      await Promise.all(loops.values());
    },
  };
}
