import {
  type AnyEvent,
  type DeadLetter,
  type EventLog,
  type StreamDefinition,
  type TimerLoop,
  verifyLog,
} from '@checkout/event-log';
import { type Clock, type OrderId, toInstant } from '@checkout/kernel';
import type { Bus } from './bus.port.ts';
import type { Consumer } from './consumer.ts';
import type { Background } from './background.ts';

/** What a service runs besides answering requests. */
export type Workers = {
  start(): Promise<void>;
  /** Takes nothing new, finishes the batches in hand and gives up what goes on behind them: durable timers finish it. */
  stop(): Promise<void>;
};

export function createWorkers(parts: {
  readonly bus: Bus;
  readonly consumer: Consumer;
  readonly timers: TimerLoop;
  readonly background?: Background;
}): Workers {
  const { bus, consumer, timers, background } = parts;
  bus.subscribe(consumer.subscription);
  return {
    async start() {
      await bus.start();
      consumer.start();
      timers.start();
    },
    async stop() {
      background?.close();
      await Promise.all([bus.stop(), timers.stop(), consumer.stop()]);
      // After the batches, which wait for their calls only so long: giving those up would be news to the saga.
      background?.stop();
      await background?.settled();
    },
  };
}

/** A dead letter as operators see it: never the message's data. */
function viewOf(service: string, letter: DeadLetter) {
  const { group, orderId, seq, topic, messageId, type, reason, detail, state, parkedAt } = letter;
  return { service, group, orderId, seq, topic, messageId, type, reason, detail, state, parkedAt: toInstant(parkedAt) };
}

/** What the API needs of a service's dead letters. */
export function deadLetterOperations(log: EventLog, consumer: Consumer) {
  const { service } = log.identity;
  return {
    async list({ limit, cursor }: { readonly limit: number; readonly cursor: string | null }) {
      const letters = await log.deadLetters({ afterSeq: cursor === null ? 0 : Number(cursor), limit });
      const last = letters.length === limit ? letters.at(-1) : undefined;
      return { items: letters.map((letter) => viewOf(service, letter)), nextCursor: last ? String(last.seq) : null };
    },
    async redrive(orderId: OrderId, options: { readonly dryRun: boolean }) {
      const letters = await consumer.redrive(orderId, options);
      return letters === undefined ? null : { items: letters.map((letter) => viewOf(service, letter)) };
    },
  };
}

/**
 * What `/ops/log/verify` needs: the whole log replayed against the read model. Gives way to other work as it goes. Who asks
 * while it is under way gets its findings: a caller who was impatient does not have it all replayed once more.
 */
export function logVerification<State, Event extends AnyEvent>(
  log: EventLog,
  definition: StreamDefinition<State, Event>,
  clock: Pick<Clock, 'nextTurn'>,
) {
  const verify = async () => {
    const { rows, streams, problemCount, problems } = await verifyLog(log, definition, clock);
    return {
      ok: problemCount === 0,
      findings: problems.map(
        ({ code, partition, streamId, detail }) => `${code} in partition ${partition} of ${streamId ?? '-'}: ${detail}`,
      ),
      counts: { rows, streams, problems: problemCount },
    };
  };
  let underWay: ReturnType<typeof verify> | undefined;
  return () => (underWay ??= verify().finally(() => (underWay = undefined)));
}

/** What is said of a service's readiness. Those that are not required are shown and decide nothing. */
type Check = { readonly name: string; readonly ok: boolean; readonly required: boolean; readonly detail?: string };

/** A log that was silent for longer is away; a failover takes less. */
const answeredWithinMs = 30_000;
/** Less than whoever asks waits for the answer. */
const pingMs = 1_000;

/**
 * Ready when the log has answered within 30 s. A provider that is away must not take the API down with it: `others` are shown
 * only.
 */
export function logReadiness(
  log: EventLog,
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  others: () => readonly (Check & { readonly required: false })[] = () => [],
) {
  let answeredAtMs: number | undefined;
  let failure: string | undefined;
  let asking: Promise<void> | undefined;
  const ask = async () => {
    try {
      await log.database.ping();
      answeredAtMs = clock.monotonic();
      failure = undefined;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    asking = undefined;
  };

  return async () => {
    // One question at a time: of a database that hangs, each would hold a connection.
    asking ??= ask();
    const waiting = new AbortController();
    const late = clock.sleep(pingMs, waiting.signal).then(() => `no answer within ${pingMs} ms`);
    const lateness = await Promise.race([asking.then(() => undefined), late]);
    waiting.abort();
    const detail = lateness ?? failure;
    const ready = answeredAtMs !== undefined && clock.monotonic() - answeredAtMs <= answeredWithinMs;
    const check: Check = { name: 'log', ok: ready, required: true, ...(detail !== undefined && { detail }) };
    return { ready, checks: [check, ...others()] };
  };
}
