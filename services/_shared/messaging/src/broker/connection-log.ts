import type { Logger } from '@checkout/runtime';

/** Says that a broker went away and that it came back: once each, however often it is tried in between. */
export type ConnectionLog = { isBack(): void; isAway(error: Error): void };

/** What was said last; `unknown` until it was tried for the first time. */
type ConnectionState = 'unknown' | 'back' | 'away';

/** @param broker as people call it: `Kafka` */
export function createConnectionLog(
  logger: Logger,
  broker: string,
): ConnectionLog & { readonly state: () => ConnectionState } {
  let state: ConnectionState = 'unknown';
  return {
    state: () => state,
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
