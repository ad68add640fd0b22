import type { Result } from '@checkout/kernel';
import type { Emit, TimerChange } from './rows.ts';

export type AnyEvent = { readonly type: string; readonly data: unknown };

/** An event as `decide` returns it: with the messages that it sends and what it does to the stream's timer. */
export type Decided<Event extends AnyEvent> = Event & {
  readonly emits?: readonly Emit[];
  readonly timer?: TimerChange;
};

/**
 * The rules of one kind of stream. `decide` is pure and synchronous: no clock, no ids, no I/O; asked twice, it answers
 * the same. `evolve` applies what was decided; it validates nothing and never throws.
 */
export type Decider<State, Command, Event extends AnyEvent, Refusal> = {
  readonly initialState: State;
  decide(state: State, command: Command): Result<readonly Decided<Event>[], Refusal>;
  evolve(state: State, event: Event): State;
};
