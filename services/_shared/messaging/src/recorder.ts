import { type AnyEvent, type Decided, type EventLog, execute, type Loaded, type Streams } from '@checkout/event-log';
import { causeOf, ok } from '@checkout/kernel';

/**
 * Records what became of work that no batch waited for, decided on the state as it is by then. One outcome per version that
 * the work began on: of two that race, the first counts and the other finds it decided.
 */
export type Recorder<State, Event extends AnyEvent> = (
  begunOn: Loaded<State>,
  decide: (state: State) => readonly Decided<Event>[],
) => Promise<void>;

export function createRecorder<State, Event extends AnyEvent>(deps: {
  readonly log: EventLog;
  readonly streams: Streams<State, Event>;
}): Recorder<State, Event> {
  return async ({ streamId, version }, decide) => {
    await execute<State, Event, never>(deps, {
      streamId,
      cause: { id: causeOf('outcome', streamId, version) },
      decide: ({ state }) => ok(decide(state)),
    });
  };
}
