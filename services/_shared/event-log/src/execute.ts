import { type OrderId, type Result, err, ok } from '@checkout/kernel';
import type { AnyEvent, Decided } from './decider.ts';
import type { EventLog } from './event-log.ts';
import type { Cause, LogRow } from './rows.ts';
import { emptyStream, type Loaded, refuseLongStream, type Streams } from './streams.ts';
import type { KeyClaim, KeyRecord } from './units.ts';

/** Tries of one command against a stream that others keep moving. */
const maxTries = 20;

export type Executed<State> = {
  readonly loaded: Loaded<State>;
  /** What this cause recorded, now or earlier; empty when there was nothing to do. */
  readonly rows: readonly LogRow[];
  /** True when this call recorded nothing new. */
  readonly repeated: boolean;
};

export type NotExecuted<Refusal> =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'key-taken'; readonly record: KeyRecord };

/**
 * Carries out one command on one stream: load, decide, append, and again from the load when somebody was faster. Idempotent
 * by its cause. A refusal is given only on a state that was read after the call.
 *
 * @throws LogUnavailableError when the log cannot say that it recorded the command.
 * @throws StreamTooLongError when the stream is full.
 */
export async function execute<State, Event extends AnyEvent, Refusal>(
  { log, streams }: { readonly log: EventLog; readonly streams: Streams<State, Event> },
  command: {
    readonly streamId: OrderId;
    readonly cause: Cause;
    readonly key?: KeyClaim;
    readonly decide: (loaded: Loaded<State>) => Result<readonly Decided<Event>[], Refusal>;
  },
): Promise<Result<Executed<State>, NotExecuted<Refusal>>> {
  const { streamId, cause, key } = command;
  for (let attempt = 1; attempt <= maxTries; attempt += 1) {
    // One read tells the state and whether the cause has acted: two could disagree.
    const recorded = await log.readStream(streamId);
    const loaded = streams.apply(emptyStream(streams.definition, streamId), recorded);
    const own = recorded.filter((row) => row.causeId === cause.id);
    if (own.length > 0) return ok({ loaded, rows: own, repeated: true });
    const decision = command.decide(loaded);
    if (!decision.ok) return err({ kind: 'refused', refusal: decision.error });
    if (decision.value.length === 0) return ok({ loaded, rows: [], repeated: true });

    const { unit, next: provisional } = streams.decided(loaded, decision.value, cause);
    refuseLongStream(provisional);
    const { outcomes } = await log.append({ units: [key === undefined ? unit : { ...unit, key }] });
    const outcome = outcomes[0];
    if (outcome?.kind === 'appended') {
      const next = streams.apply(loaded, outcome.rows);
      streams.remember(next);
      return ok({ loaded: next, rows: outcome.rows, repeated: false });
    }
    if (outcome?.kind === 'key-taken') return err({ kind: 'key-taken', record: outcome.record });
    streams.forget([streamId]);
  }
  throw new Error(`stream ${streamId} moved on ${maxTries} times while a command was being decided`);
}
