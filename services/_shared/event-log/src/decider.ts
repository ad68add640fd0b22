import type { Result } from '@checkout/kernel';
import { answerRepeatedType, type Emit, notedType, type TimerChange } from './rows.ts';

export type AnyEvent = { readonly type: string; readonly data: unknown };

/** A row that records that an input was handled and evolves no state. */
export type Marker = { readonly type: typeof notedType | typeof answerRepeatedType; readonly data: object };

export function isMarker(event: AnyEvent): event is Marker {
  return event.type === notedType || event.type === answerRepeatedType;
}

/** An event as `decide` returns it: with the messages that it sends and what it does to the stream's timer. */
export type Decided<Event extends AnyEvent> = (Event | Marker) & {
  readonly emits?: readonly Emit[];
  readonly timer?: TimerChange;
};

/**
 * The rules of one kind of stream. `decide` is pure and synchronous: no clock, no ids, no I/O; asked twice, it answers
 * the same. `evolve` applies what was decided; it validates nothing and never throws.
 */
export type Decider<State, Command, Event extends AnyEvent, Refusal> = {
  readonly initialState: State;
  readonly decide: (state: State, command: Command) => Result<readonly Decided<Event>[], Refusal>;
  readonly evolve: (state: State, event: Event) => State;
};
