import type { ReadModelTable, StreamDefinition } from '@checkout/event-log';
import { evolveSaga } from './evolve-saga.ts';
import type { SagaEvent } from './saga-events.ts';
import { isActive, publicState, type Saga } from './saga-state.ts';

export const sagasTable: ReadModelTable = { name: 'sagas', columns: { state: 'text' } };

export const sagaStream: StreamDefinition<Saga, SagaEvent> = {
  table: sagasTable,
  initialState: { phase: { status: 'NONE' } },
  evolve: evolveSaga,
  project(saga) {
    if (!isActive(saga)) return { view: null, columns: { state: null } };
    const state = publicState(saga);
    return { view: { state }, columns: { state } };
  },
};
