import {
  causeOfMessage,
  isMessageType,
  type Message,
  type MessageType,
  type RawMessage,
  readMessage,
  topicOf,
} from '@checkout/contracts';
import type {
  AnyEvent,
  AppendUnit,
  Cause,
  DeadLetter,
  EventLog,
  Loaded,
  NewDeadLetter,
  Streams,
} from '@checkout/event-log';
import { causeOf, type Clock, type OrderId, partitionOf } from '@checkout/kernel';
import type { Logger, Metrics } from '@checkout/runtime';
import type { Delivery, ForeignRecord, Handled, Subscription } from './bus.port.ts';
import { TransientError, UnreadableError } from './errors.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import { createMessageMetrics } from './message-metrics.ts';
import { describeHandling } from './message-spans.ts';
import { type Outcome, processWork, type Work } from './work.ts';

/** How one type of message is handled. Called again with a newer state when the stream moved on. */
export type MessageHandler<State, Event extends AnyEvent, Type extends MessageType> = (
  loaded: Loaded<State>,
  message: Message<Type>,
) => Outcome<State, Event> | Promise<Outcome<State, Event>>;

/** The types that a group handles; other types of its topics pass by without a trace. */
export type MessageHandlers<State, Event extends AnyEvent> = {
  readonly [Type in MessageType]?: MessageHandler<State, Event, Type>;
};

/**
 * Tells a broker of a message that has been taken out of the flow, for people and tools: a copy that is never read back.
 * Called once the dead letter is durable; must not throw, nor keep the caller waiting.
 */
export type CopyDeadLetter = (letter: NewDeadLetter) => void;

export type ConsumerDeps<State, Event extends AnyEvent> = {
  readonly group: string;
  readonly log: EventLog;
  readonly streams: Streams<State, Event>;
  readonly handlers: MessageHandlers<State, Event>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** By default nobody is told. */
  readonly copyDeadLetter?: CopyDeadLetter | undefined;
};

/** A consumer group's way from delivered messages to recorded events, with its dead letters. */
export type Consumer = {
  readonly subscription: Subscription;
  start(): void;
  stop(): Promise<void>;
  /** The dead letters of an order; with `dryRun` nothing is changed. `undefined` when it has none. */
  redrive(orderId: OrderId, options: { readonly dryRun: boolean }): Promise<readonly DeadLetter[] | undefined>;
};

/** Orders that were marked for redrive before a restart, or that failed again, are looked for this often; a request wakes. */
const redrivePollMs = 5_000;
const maxRedrivenOrders = 100;
const maxDeadLettersPerOrder = 1_000;

export function createConsumer<State, Event extends AnyEvent>(deps: ConsumerDeps<State, Event>): Consumer {
  const { group, log, streams, handlers, clock, logger, copyDeadLetter = () => {} } = deps;
  const topics = [...new Set((Object.keys(handlers) as MessageType[]).map(topicOf))];
  const partitions = createKeyedMutex<number>();
  const stopping = new AbortController();
  let asleep = new AbortController();
  let redriving: Promise<void> | undefined;
  const parked = deps.metrics.counter({
    name: 'messages_dead_lettered_total',
    help: 'Messages taken out of the flow, by why.',
    labels: ['group', 'reason'],
  });

  const handled = createMessageMetrics(group, deps);

  /** A letter that is durable is counted, and copied for those who watch the broker. */
  const announce = (letter: NewDeadLetter) => {
    parked.add({ group, reason: letter.reason });
    copyDeadLetter(letter);
  };

  const work = (message: Message): Work<State, Event> => ({
    orderId: message.orderId,
    cause: causeFor(message),
    describe: () => describeHandling(group, message, clock.now()),
    run: (loaded) => {
      const handler = handlers[message.type] as MessageHandler<State, Event, MessageType>;
      return handler(loaded, message);
    },
    park: (error) => unitOf(message, parkedLetter(group, message, 'handler-failed', error.message)),
    onParked(error) {
      const { orderId, id: messageId, type } = message;
      announce(parkedLetter(group, message, 'handler-failed', error.message));
      logger.error('message parked', { group, orderId, messageId, type, err: error });
    },
    hold: () => holdUnit(group, message),
  });

  /** What cannot be read is parked at its place in its order: what came before it is handled first. */
  const unreadable = (raw: RawMessage, detail: string): Work<State, Event> => ({
    orderId: raw.orderId,
    cause: causeFor(raw),
    describe: () => describeHandling(group, raw, clock.now()),
    run() {
      throw new UnreadableError(detail);
    },
    park: () => unitOf(raw, parkedLetter(group, raw, 'unreadable', detail)),
    onParked() {
      const { orderId, id: messageId, type } = raw;
      announce(parkedLetter(group, raw, 'unreadable', detail));
      logger.error('message parked', { group, orderId, messageId, type, reason: detail });
    },
    hold: () => holdUnit(group, raw),
  });

  const handle = (delivery: Delivery): Promise<Handled> => {
    const items = delivery.messages.map((raw) => {
      const message = readMessage(raw as RawMessage & { type: MessageType });
      return 'unreadable' in message ? unreadable(raw, message.unreadable) : work(message);
    });
    return handled.measure(
      delivery.messages,
      processWork({ log, streams }, { work: items, group, offsets: delivery.offsets }),
    );
  };

  const parkForeign = async (foreign: ForeignRecord) => {
    const letter = foreignLetter(group, foreign);
    const cause = { id: causeOf('foreign', group, foreign.id) };
    await log.append({ units: [{ cause, streams: [], deadLetters: [letter] }] });
    announce(letter);
    const { id: messageId, topic, reason } = foreign;
    logger.error('foreign record parked', { group, messageId, topic, reason });
  };

  /** Handles an order's dead letters in the order of their arrival; the first that fails again parks, the rest waits. */
  const redriveOrder = async (orderId: OrderId) => {
    const letters = (await log.deadLetters({ afterSeq: 0, limit: maxDeadLettersPerOrder, orderId })).filter(
      (letter) => letter.group === group,
    );
    for (const [index, letter] of letters.entries()) {
      if (stopping.signal.aborted) return;
      const raw = letter.message as RawMessage & { type: MessageType };
      const message = readMessage(raw);
      const reason = 'unreadable' in message ? message.unreadable : await redriveOne(message, letter);
      if (reason === undefined) continue;
      logger.error('dead letter parked again', { group, orderId, messageId: raw.id, type: raw.type, reason });
      const later = letters.slice(index + 1).map(({ seq }) => ({ group, seq, change: 'held' as const }));
      await log.append({
        units: [
          {
            cause: causeFor(raw),
            streams: [],
            deadLetterChanges: [
              { group, seq: letter.seq, change: 'parked', reason: letter.reason, detail: reason },
              ...later,
            ],
          },
        ],
      });
      return;
    }
  };

  /** @returns why it failed again, `undefined` when it is settled. */
  const redriveOne = async (message: Message, letter: DeadLetter): Promise<string | undefined> => {
    let failure: string | undefined;
    const settles = { group, seq: letter.seq, change: 'settled' as const };
    const nothing: AppendUnit = { cause: causeFor(message), streams: [] };
    const item: Work<State, Event> = {
      ...work(message),
      settles,
      park: () => nothing,
      onParked(error) {
        failure = error.message;
      },
    };
    await processWork({ log, streams }, { work: [item], offsets: [] });
    if (failure !== undefined) return failure;
    // A message that had acted before it was parked is dropped as a duplicate: its letter goes all the same.
    await log.append({ units: [{ ...nothing, deadLetterChanges: [settles] }] });
    return undefined;
  };

  const redriveMarked = async () => {
    for (const orderId of await log.redrivingOrders(group, maxRedrivenOrders)) {
      try {
        await partitions.run(partitionOf(orderId, log.identity.partitions), () => redriveOrder(orderId));
      } catch (error) {
        logger.warn('redrive will be tried again', { group, orderId, err: error });
      }
    }
  };

  const redriveLoop = async () => {
    while (!stopping.signal.aborted) {
      asleep = new AbortController();
      await redriveMarked().catch((error: unknown) => {
        logger.warn('orders to redrive could not be looked for', { group, err: error });
      });
      await clock.sleep(redrivePollMs, asleep.signal);
    }
  };

  return {
    subscription: {
      group,
      topics,
      accepts: (raw) => accepts(raw, handlers),
      handle: (delivery) => partitions.run(delivery.partition, () => handle(delivery)),
      parkForeign,
    },
    start() {
      redriving ??= redriveLoop();
    },
    async stop() {
      stopping.abort();
      asleep.abort();
      await redriving;
    },
    async redrive(orderId, { dryRun }) {
      const mark = async () => {
        const marked = await log.markRedriving(orderId);
        asleep.abort();
        return marked;
      };
      const letters = dryRun
        ? await log.deadLetters({ afterSeq: 0, limit: maxDeadLettersPerOrder, orderId })
        : // Behind a redrive that is under way: its failure must not take this request's mark away.
          await partitions.run(partitionOf(orderId, log.identity.partitions), mark);
      return letters.length === 0 ? undefined : letters;
    },
  };
}

/** @throws TransientError for a type that this build does not know: a newer release sends it, so this one waits. */
function accepts(raw: RawMessage, handlers: object): boolean {
  if (!isMessageType(raw.type)) throw new TransientError(`message type ${raw.type} is newer than this process`);
  return Object.hasOwn(handlers, raw.type);
}

function causeFor(message: Pick<RawMessage, 'id' | 'correlationId' | 'traceparent'>): Cause {
  return { id: causeOfMessage(message.id), correlationId: message.correlationId, traceparent: message.traceparent };
}

function holdUnit(group: string, message: RawMessage): AppendUnit {
  return unitOf(
    message,
    letterOf(group, message, {
      state: 'held',
      reason: 'behind-parked',
      detail: 'an earlier message of the order is parked',
    }),
  );
}

function parkedLetter(group: string, message: RawMessage, reason: string, detail: string): NewDeadLetter {
  return letterOf(group, message, { state: 'parked', reason, detail });
}

function letterOf(
  group: string,
  message: RawMessage,
  why: Pick<NewDeadLetter, 'state' | 'reason' | 'detail'>,
): NewDeadLetter {
  const { id: messageId, orderId, topic, type } = message;
  return { group, orderId, topic, messageId, type, message, ...why };
}

function foreignLetter(group: string, { id: messageId, topic, type, reason: detail, record }: ForeignRecord) {
  const letter = { group, orderId: null, topic, messageId, type, message: record, reason: 'foreign', detail };
  return { ...letter, state: 'parked' as const } satisfies NewDeadLetter;
}

function unitOf(message: RawMessage, letter: NewDeadLetter): AppendUnit {
  return { cause: causeFor(message), streams: [], deadLetters: [letter] };
}
