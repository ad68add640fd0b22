import type { Clock } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import { type ChannelModel, connect } from 'amqplib';
import { createConnectionLog } from '../broker/connection-log.ts';
import { whenAborted } from '../when-aborted.ts';
import { connectOptionsOf, type RabbitmqAddress, socketOptions } from './client.ts';
import { TopologyMismatchError } from './topology.ts';

export type ConnectionDeps<Opened> = {
  readonly address: RabbitmqAddress;
  /** What it is for: `publish`, `consume`. */
  readonly operation: string;
  /** Makes of a connection what is needed. `lose` gives the connection up: another one is opened. */
  readonly open: (model: ChannelModel, lose: (error: Error) => void) => Promise<Opened>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For a topology that is found wrong after the first try: it is no use trying again. */
  readonly onFatal: (error: Error) => void;
};

/** A connection that is opened again for ever: amqplib leaves that to its user. */
export type Connection<Opened> = {
  /**
   * Resolves after the first try, successful or not. Calling it again gives the same.
   * @throws TopologyMismatchError when that is what the first try found
   */
  start(): Promise<void>;
  /** Whether the last try failed. */
  isAway(): boolean;
  /** What was opened. @throws Error at once while RabbitMQ is away, and after `stop` */
  opened(): Promise<Opened>;
  /** Ends the connection, and opens no other. What was opened is still whole when `farewell` is called. */
  stop(farewell?: (opened: Opened) => Promise<void>): Promise<void>;
};

const retryBaseMs = 50;
const retryCapMs = 10_000;
/** A server that is stopped does not answer a goodbye either. */
const closeTimeoutMs = 2_000;

export function createConnection<Opened>(deps: ConnectionDeps<Opened>): Connection<Opened> {
  const { address, operation, open, clock, onFatal } = deps;
  const logger = deps.logger.child({ component: 'rabbitmq', operation });
  const stop = new AbortController();
  const note = createConnectionLog(logger, 'RabbitMQ');
  /** Of the try that is under way, or of the last one. */
  let attempt = unheard<Opened>();
  let firstTry: Promise<void> | undefined;
  let running: Promise<void> | undefined;
  let farewell: (opened: Opened) => Promise<void> = async () => {};

  /** One connection, from its opening until it is lost. */
  const hold = async () => {
    const lost = Promise.withResolvers<Error>();
    const over = new AbortController();
    const model = await connect(connectOptionsOf(address), socketOptions(operation));
    let reason: Error | undefined;
    model.on('error', (error) => {
      reason = error;
    });
    model.on('close', (error) => lost.resolve(reason ?? error ?? new Error('RabbitMQ closed the connection')));
    try {
      const opened = await Promise.race([
        open(model, lost.resolve),
        lost.promise.then((error) => Promise.reject(error)),
      ]);
      note.isBack();
      attempt.resolve(opened);
      const error = await Promise.race([lost.promise, whenAborted(stop.signal, over.signal)]);
      if (error === undefined) await farewell(opened);
      // Who asks from now on waits for the next connection.
      attempt = unheard();
      if (error !== undefined) throw error;
    } finally {
      over.abort();
      await within(closeTimeoutMs, model.close());
    }
  };

  const run = async () => {
    let failures = 0;
    let isFirst = true;
    while (!stop.signal.aborted) {
      const startedAtMs = clock.monotonic();
      try {
        await hold();
      } catch (error) {
        attempt.reject(error);
        if (error instanceof TopologyMismatchError) return isFirst ? undefined : onFatal(error);
        note.isAway(error as Error);
        const isShort = clock.monotonic() - startedAtMs < retryCapMs;
        failures = isShort ? failures + 1 : 1;
        await clock.sleep(Math.min(retryCapMs, retryBaseMs * 2 ** Math.min(failures - 1, 16)), stop.signal);
        attempt = unheard();
      }
      isFirst = false;
    }
    return undefined;
  };

  const within = async (ms: number, work: Promise<unknown>) => {
    const over = new AbortController();
    await Promise.race([work.catch(() => {}), clock.sleep(ms, over.signal)]);
    over.abort();
  };

  return {
    start() {
      firstTry ??= (async () => {
        const { promise } = attempt;
        running = run();
        await promise.catch((error: unknown) => {
          if (error instanceof TopologyMismatchError) throw error;
        });
      })();
      return firstTry;
    },
    isAway: () => note.state() === 'away',
    opened: async () => {
      if (stop.signal.aborted) throw new Error('the connection is closed');
      return attempt.promise;
    },
    async stop(last = async () => {}) {
      farewell = (opened) => within(closeTimeoutMs, last(opened));
      stop.abort();
      attempt.reject(new Error('the connection is closed'));
      await running;
    },
  };
}

/** A promise that nobody has to wait for. */
function unheard<Value>(): PromiseWithResolvers<Value> {
  const next = Promise.withResolvers<Value>();
  next.promise.catch(() => {});
  return next;
}
