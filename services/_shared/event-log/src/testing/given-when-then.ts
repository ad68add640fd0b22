import type { Result } from '@checkout/kernel';
import { type AnyEvent, type Decided, type Decider, isMarker } from '../decider.ts';
import { deepFreeze } from '../deep-freeze.ts';

/** What a decider answered, with the state that its events lead to. */
export type Then<State, Event extends AnyEvent, Refusal> = {
  readonly answer: Result<readonly Decided<Event>[], Refusal>;
  readonly state: State;
};

/**
 * A specification in the domain's words: `given(events).when(command)`. Checks on the way what every decider owes: the
 * same answer when asked twice, and a state that nobody changes (it is frozen).
 */
export function specify<State, Command, Event extends AnyEvent, Refusal>(
  decider: Decider<State, Command, Event, Refusal>,
) {
  const evolve = (state: State, events: readonly Decided<Event>[]) =>
    events.reduce(
      (current, event) => (isMarker(event) ? current : deepFreeze(decider.evolve(current, event as Event))),
      deepFreeze(state),
    );
  return {
    given: (...events: readonly Event[]) => ({
      when(command: Command): Then<State, Event, Refusal> {
        const state = evolve(decider.initialState, events);
        const answer = deepFreeze(decider.decide(state, deepFreeze(command)));
        const again = decider.decide(state, command);
        if (JSON.stringify(again) !== JSON.stringify(answer))
          throw new Error('decide gave two answers to one question');
        return { answer, state: answer.ok ? evolve(state, answer.value) : state };
      },
      state: () => evolve(decider.initialState, events),
    }),
  };
}
