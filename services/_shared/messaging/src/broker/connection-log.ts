import type { Logger } from '@checkout/runtime';

/** Says that a broker went away and that it came back: once each, however often it is tried in between. */
export type ConnectionLog = { isBack(): void; isAway(error: Error): void };

/** @param broker as people call it: `Kafka` */
export function createConnectionLog(logger: Logger, broker: string): ConnectionLog {
  let state: 'unknown' | 'back' | 'away' = 'unknown';
  return {
    isBack() {
      if (state !== 'back') logger.info(`connected to ${broker}`);
      state = 'back';
    },
    isAway(error) {
      if (state !== 'away') logger.warn(`${broker} does not answer: it is tried until it does`, { err: error });
      state = 'away';
    },
  };
}
