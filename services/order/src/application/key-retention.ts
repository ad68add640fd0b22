import type { EventLog } from '@checkout/event-log';
import type { Clock } from '@checkout/kernel';

/** An idempotency key is free again after this long. */
const keepForMs = 30 * 24 * 3_600_000;
const everyMs = 3_600_000;
/** Keys forgotten in one transaction, so that nobody waits long for it. */
const maxKeysPerRound = 1_000;

/** Forgets old idempotency keys, now and then and a few at a time. */
export function createKeyRetention(deps: {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}): { start(): void; stop(): Promise<void> } {
  const { log, clock, onError } = deps;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  const run = async () => {
    while (!stopping.signal.aborted) {
      let forgotten = 0;
      try {
        forgotten = await log.purgeKeys(clock.now() - keepForMs, maxKeysPerRound);
      } catch (error) {
        onError(error);
      }
      if (forgotten < maxKeysPerRound) await clock.sleep(everyMs, stopping.signal);
    }
  };

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
