import type { RawMessage, Topic } from '@checkout/contracts';
import { type Clock, partitionOf } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import type { Subscription } from '../bus.port.ts';
import { describeForeign, type Foreign, type ReceivedRecord } from './wire.ts';

/** As in the embedded bus: group commit joins the partitions' batches, so a bigger one would save little. */
const maxMessagesPerDelivery = 16;
/** Entries looked at for one delivery, most of which may concern somebody else. */
const maxEntriesPerDelivery = 256;
const retryBaseMs = 50;
const retryCapMs = 10_000;

/** How a broker's entries are understood. */
export type EntryReader<Entry, Origin> = {
  readonly read: (entry: Entry) => RawMessage | Foreign;
  /** What an entry that is no message of ours is called, the same each time, and what was in it. */
  readonly describe: (entry: Entry) => { readonly id: string; readonly topic: Topic; readonly record: ReceivedRecord };
  readonly originOf: (entry: Entry) => Origin;
  /** The entry's work is done, and it has left its lane. */
  readonly done: (entry: Entry) => void;
};

export type Lanes<Entry, Origin> = {
  push(partition: number, entries: readonly Entry[]): void;
  /** Drops what waits. What is in hand is worked on, and is no longer ours to call done. */
  reset(): void;
  /** Where a message in hand was read from. */
  originOf(messageId: string): Origin | undefined;
  /** Takes no new delivery, and waits for those in hand. */
  stop(): Promise<void>;
};

export type LanesDeps<Entry, Origin> = {
  readonly subscription: Subscription;
  /** Of every log. */
  readonly partitions: number;
  readonly reader: EntryReader<Entry, Origin>;
  readonly clock: Clock;
  readonly logger: Logger;
};

type Lane<Entry> = { readonly waiting: Entry[]; isReset: boolean };

/**
 * One lane per partition: its deliveries come one after the other, also across connections, and no partition waits for
 * another one. What cannot be handled now stays at the head of its lane, so that nothing overtakes it.
 */
export function createLanes<Entry, Origin>(deps: LanesDeps<Entry, Origin>): Lanes<Entry, Origin> {
  const { subscription, partitions, reader, clock, logger } = deps;
  const { group } = subscription;
  const stopping = new AbortController();
  const lanes = new Map<number, Lane<Entry>>();
  const loops = new Map<number, Promise<void>>();
  const inHand = new Map<string, Origin>();

  const laneOf = (partition: number): Lane<Entry> => {
    const lane = lanes.get(partition) ?? { waiting: [], isReset: false };
    lanes.set(partition, lane);
    return lane;
  };

  const read = (entry: Entry, partition: number): RawMessage | Foreign => {
    const message = reader.read(entry);
    if ('foreign' in message) return message;
    const home = partitionOf(message.orderId, partitions);
    return home === partition ? message : { foreign: `its order belongs in partition ${home}` };
  };

  /** What comes next of a lane: looked at, and what of it the group handles. */
  const gather = ({ waiting }: Lane<Entry>, partition: number) => {
    const looked: Entry[] = [];
    const messages: RawMessage[] = [];
    const foreign: { readonly entry: Entry; readonly why: Foreign }[] = [];
    for (const entry of waiting.slice(0, maxEntriesPerDelivery)) {
      const message = read(entry, partition);
      if ('foreign' in message) foreign.push({ entry, why: message });
      else {
        try {
          if (subscription.accepts(message)) {
            messages.push(message);
            inHand.set(message.id, reader.originOf(entry));
          }
        } catch (error) {
          // What this process does not know yet waits, and all that is behind it; what is before it does not.
          if (looked.length === 0) throw error;
          break;
        }
      }
      looked.push(entry);
      if (messages.length >= maxMessagesPerDelivery) break;
    }
    return { looked, messages, foreign };
  };

  const parkForeign = async (entry: Entry, why: Foreign) => {
    const { id, topic, record } = reader.describe(entry);
    if (subscription.parkForeign === undefined) {
      logger.warn('foreign record passed by', { group, messageId: id, reason: why.foreign });
      return;
    }
    inHand.set(id, reader.originOf(entry));
    try {
      await subscription.parkForeign(describeForeign(id, topic, why, record));
    } finally {
      inHand.delete(id);
    }
  };

  const step = async (lane: Lane<Entry>, partition: number) => {
    const { looked, messages, foreign } = gather(lane, partition);
    try {
      for (const { entry, why } of foreign) await parkForeign(entry, why);
      const handled = messages.length === 0 || (await subscription.handle({ partition, messages, offsets: [] }));
      if (handled === 'stale' || lane.isReset) return;
      lane.waiting.splice(0, looked.length);
      for (const entry of looked) reader.done(entry);
    } finally {
      for (const { id } of messages) inHand.delete(id);
    }
  };

  const run = async (partition: number) => {
    let failures = 0;
    // What came in one piece is delivered together.
    await clock.nextTurn();
    for (;;) {
      const lane = laneOf(partition);
      if (lane.waiting.length === 0 || stopping.signal.aborted) return;
      try {
        await step(lane, partition);
        failures = 0;
      } catch (error) {
        failures += 1;
        logger.warn('delivery will be tried again', { group, partition, attempt: failures, err: error });
        await clock.sleep(Math.min(retryCapMs, retryBaseMs * 2 ** (failures - 1)), stopping.signal);
      }
    }
  };

  const wake = (partition: number) => {
    if (stopping.signal.aborted || loops.has(partition)) return;
    const loop = run(partition).finally(() => {
      loops.delete(partition);
      if (laneOf(partition).waiting.length > 0) wake(partition);
    });
    loops.set(partition, loop);
  };

  return {
    push(partition, entries) {
      if (stopping.signal.aborted) return;
      laneOf(partition).waiting.push(...entries);
      wake(partition);
    },
    reset() {
      for (const lane of lanes.values()) lane.isReset = true;
      lanes.clear();
    },
    originOf: (messageId) => inHand.get(messageId),
    async stop() {
      stopping.abort();
      await Promise.all(loops.values());
    },
  };
}
