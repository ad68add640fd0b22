import type { EventLog } from '@checkout/event-log';
import type { Metrics } from '@checkout/runtime';
import { sagaStates } from '../../domain/saga-state.ts';

/** @returns counts the sagas by state, in their index, and shows it. One instance says it for all: they share a database. */
export function observeSagas(log: Pick<EventLog, 'countReadModel'>, metrics: Metrics): () => Promise<void> {
  const sagas = metrics.gauge({
    name: 'sagas',
    help: 'Sagas by state. The same at each instance of the service.',
    labels: ['state'],
  });
  return async () => {
    const counts = await log.countReadModel('state');
    for (const state of sagaStates) sagas.set(counts.get(state) ?? 0, { state });
  };
}
