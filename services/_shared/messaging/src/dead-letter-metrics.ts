import type { DeadLetterState, EventLog } from '@checkout/event-log';
import type { Metrics } from '@checkout/runtime';

/** More need no exact figure. */
const maxCounted = 1_000;
const states: readonly DeadLetterState[] = ['parked', 'held', 'redriving'];

/** @returns asks how many dead letters wait, and shows it. One instance says it for all: they share a database. */
export function observeDeadLetters(log: EventLog, metrics: Metrics): () => Promise<void> {
  const waiting = metrics.gauge({
    name: 'dead_letters_waiting',
    help: `Dead letters by state, at most ${maxCounted} together. The same at each instance of the service.`,
    labels: ['state'],
  });
  return async () => {
    const letters = await log.deadLetters({ afterSeq: 0, limit: maxCounted });
    for (const state of states) {
      waiting.set(letters.filter((letter) => letter.state === state).length, { state });
    }
  };
}
