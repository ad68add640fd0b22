import type { Logger } from '@checkout/runtime';

/** Says that Kafka went away and that it came back: once each, however often it is tried in between. */
export type ConnectionLog = { isBack(): void; isAway(error: Error): void };

export function createConnectionLog(logger: Logger): ConnectionLog {
  let state: 'unknown' | 'back' | 'away' = 'unknown';
  return {
    isBack() {
      if (state !== 'back') logger.info('connected to Kafka');
      state = 'back';
    },
    isAway(error) {
      if (state !== 'away') logger.warn('Kafka does not answer: it is tried until it does', { err: error });
      state = 'away';
    },
  };
}
