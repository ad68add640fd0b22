import type { RawMessage, Topic } from '@checkout/contracts';
import type { OffsetMove } from '@checkout/event-log';

/** Messages of one partition, in order. Several producers' topics may come together; each order's order is kept. */
export type Delivery = {
  readonly partition: number;
  readonly messages: readonly RawMessage[];
  /**
   * The embedded bus: offsets that the consumer records in the unit that records what it did, so that both happen or
   * neither. Brokers keep their own offsets and send none.
   */
  readonly offsets: readonly OffsetMove[];
};

/**
 * - `done`: everything in the delivery is recorded.
 * - `stale`: another instance moved the offsets; nothing of this delivery counts, read them again.
 */
export type Handled = 'done' | 'stale';

/** A record on a topic of ours that is no message of ours: somebody else wrote it. Made of texts, for people. */
export type ForeignRecord = {
  /** The same each time the record comes, and no other record's; at most 255 characters. */
  readonly id: string;
  readonly topic: Topic;
  /** What it says that it is; at most 128 characters. */
  readonly type: string;
  /** Why it is no message. */
  readonly reason: string;
  /** The record as far as it can be read, cut to a size that a log can keep. */
  readonly record: {
    readonly key: string | null;
    readonly headers: Readonly<Record<string, string>>;
    readonly value: string | null;
  };
};

export type Subscription = {
  readonly group: string;
  readonly topics: readonly Topic[];
  /**
   * Whether the group handles a message of its topics; the others pass by.
   * @throws TransientError for a type that this process does not know yet.
   */
  readonly accepts: (message: RawMessage) => boolean;
  /** Deliveries of one partition come one after the other. A throw means "not now": the same delivery comes again. */
  readonly handle: (delivery: Delivery) => Promise<Handled>;
  /**
   * Lists a record that is no message, and holds nobody for it. A broker passes it only when this has resolved; a throw means
   * "not now". Without it, such records pass by. The embedded bus has none.
   */
  readonly parkForeign?: (record: ForeignRecord) => Promise<void>;
};

/**
 * Carries messages from the logs that recorded them to consumer groups. At least once, in order per key (the order id);
 * never more than once in flight per partition and group.
 */
export type Bus = {
  /** Before `start`. */
  subscribe(subscription: Subscription): void;
  /** @throws Error when a group's offset does not belong to the producer's log. */
  start(): Promise<void>;
  /** Takes no new deliveries and waits for those in hand. */
  stop(): Promise<void>;
};
