import {
  type AnyEvent,
  type AppendUnit,
  type Cause,
  type CauseKey,
  type DeadLetterChange,
  type Decided,
  type EventLog,
  type Loaded,
  LogUnavailableError,
  notedType,
  type OffsetMove,
  refuseLongStream,
  type Streams,
} from '@checkout/event-log';
import { type OrderId, UnavailableError } from '@checkout/kernel';
import type { WorkSpan } from '@checkout/telemetry';
import { TransientError, UnreadableError } from './errors.ts';
import { causeWithin, createWorkSpans, endRecorded, type WorkDescription, type WorkSpans } from './work-spans.ts';

/** What handling a message or a timer leads to. */
export type Outcome<State, Event extends AnyEvent> = {
  /** Empty: the input changes nothing and is noted. */
  readonly events: readonly Decided<Event>[];
  /** Runs once the events are durable; must not throw. */
  readonly afterCommit?: (loaded: Loaded<State>) => void;
};

/** One input of one stream: a message, a timer, or a dead letter that gets another chance. */
export type Work<State, Event extends AnyEvent> = {
  readonly orderId: OrderId;
  readonly cause: Cause;
  /**
   * May be called again, on a newer state, when the stream moved on. `undefined`: it no longer applies, nothing is
   * recorded.
   */
  readonly run: (
    loaded: Loaded<State>,
  ) => Outcome<State, Event> | undefined | Promise<Outcome<State, Event> | undefined>;
  /** What a trace shows of it. */
  readonly describe?: () => WorkDescription;
  /** What is recorded together with the outcome. */
  readonly settles?: DeadLetterChange;
  /** The unit that takes this work out of the way: it is unreadable, or its handling failed the same way three times. */
  readonly park: (error: Error, loaded: Loaded<State>) => AppendUnit;
  /** Runs once that unit is durable; must not throw. */
  readonly onParked?: (error: Error) => void;
  /** The unit that puts this work behind one of its order that was parked. */
  readonly hold?: () => AppendUnit;
};

/** Handling that fails this often in the same way is poison: a fourth time would not help. */
const maxFailures = 3;
/** Tries altogether, for handling that fails in a new way each time. */
const maxTries = 9;
/** Rounds of load, decide and append for one batch. More means that something else writes these streams all the time. */
const maxRounds = 50;

type Attempt<State, Event extends AnyEvent> = {
  readonly work: Work<State, Event>;
  readonly unit: AppendUnit;
  readonly before?: Loaded<State>;
  readonly afterCommit?: ((loaded: Loaded<State>) => void) | undefined;
  readonly onParked?: () => void;
  readonly span?: WorkSpan | undefined;
};

type Batch<State, Event extends AnyEvent> = {
  readonly work: readonly Work<State, Event>[];
  /** The group that it was delivered to: what waits there behind a dead letter of its order is not handled. */
  readonly group?: string;
  readonly offsets: readonly OffsetMove[];
};

type Deps<State, Event extends AnyEvent> = { readonly log: EventLog; readonly streams: Streams<State, Event> };

/**
 * Handles a batch: one question for all that it is decided on, every order's inputs in sequence, orders side by side, one unit
 * per input, all appended together with the offsets. What another writer overtook is decided again on the newer state.
 *
 * @returns `stale` when another instance moved the offsets.
 * @throws TransientError when the log is away: nothing that is not recorded counts, the batch comes again.
 */
export function processWork<State, Event extends AnyEvent>(
  deps: Deps<State, Event>,
  batch: Batch<State, Event>,
): Promise<'done' | 'stale'> {
  const spans = createWorkSpans(deps.log.identity.service);
  const processed = processRounds(deps, batch, spans);
  const end = () => spans.end();
  void processed.then(end, end);
  return processed;
}

async function processRounds<State, Event extends AnyEvent>(
  deps: Deps<State, Event>,
  batch: Batch<State, Event>,
  spans: WorkSpans,
): Promise<'done' | 'stale'> {
  let pending = batch.work;
  for (let round = 1; round <= maxRounds; round += 1) {
    const attempts = await decideAll(deps, pending, batch.group, spans);
    if (attempts.length + batch.offsets.length === 0) return 'done';
    const units = attempts.map((attempt) => attempt.unit);
    const result = await append(deps.log, units, batch.offsets);
    const applied = new Map<OrderId, Loaded<State>>();
    pending = attempts.flatMap((attempt, index) => {
      const { work, before } = attempt;
      const outcome = result.outcomes[index];
      endRecorded(attempt.span, outcome);
      if (outcome?.kind === 'appended') {
        attempt.onParked?.();
        if (before === undefined) {
          // Parking may have recorded a row as well: what is remembered is behind it.
          deps.streams.forget([work.orderId]);
          return [];
        }
        // What a second input of an order was decided on had no times yet: they come with the rows.
        const loaded = deps.streams.apply(applied.get(work.orderId) ?? before, outcome.rows);
        applied.set(work.orderId, loaded);
        deps.streams.remember(loaded);
        attempt.afterCommit?.(loaded);
        return [];
      }
      deps.streams.forget([work.orderId]);
      return outcome?.kind === 'duplicate' ? [] : [work];
    });
    if (pending.length > 0) continue;
    // All is recorded, and the offsets were withheld in the round that set something aside: they move alone now.
    if (result.offsets === 'withheld') continue;
    return result.offsets === 'stale' ? 'stale' : 'done';
  }
  throw new TransientError(`a batch found its streams moved on ${maxRounds} times`);
}

async function append(log: EventLog, units: readonly AppendUnit[], offsets: readonly OffsetMove[]) {
  try {
    return await log.append({ units, offsets });
  } catch (error) {
    if (error instanceof LogUnavailableError) throw new TransientError(error.message, { cause: error });
    throw error;
  }
}

async function decideAll<State, Event extends AnyEvent>(
  { log, streams }: Deps<State, Event>,
  work: readonly Work<State, Event>[],
  group: string | undefined,
  spans: WorkSpans,
): Promise<readonly Attempt<State, Event>[]> {
  if (work.length === 0) return [];
  const byOrder = Map.groupBy(work, (item) => item.orderId);
  const orderIds = [...byOrder.keys()];
  // Taken out before the question: a state that is forgotten while the database answers is no empty stream.
  const known = streams.recall(orderIds);
  const findings = await log.inquire({
    streamIds: orderIds.filter((orderId) => !known.has(orderId)),
    causes: work.filter(({ orderId }) => known.has(orderId)).map(causeKeyOf),
    places: group === undefined ? [] : orderIds.map((orderId) => ({ group, orderId })),
  });
  const decided = await Promise.all(
    [...byOrder].map(async ([orderId, items]) => {
      const fresh = items.filter((item) => !findings.hasActed(causeKeyOf(item)));
      if (group !== undefined && findings.isHeld({ group, orderId })) return fresh.flatMap(held);
      const loaded = known.get(orderId) ?? streams.restore(orderId, findings.rows(orderId));
      return decideInSequence(streams, loaded, fresh, spans);
    }),
  );
  return decided.flat();
}

function causeKeyOf<State, Event extends AnyEvent>({ orderId, cause }: Work<State, Event>): CauseKey {
  return { streamId: orderId, causeId: cause.id };
}

function held<State, Event extends AnyEvent>(work: Work<State, Event>): readonly Attempt<State, Event>[] {
  return work.hold === undefined ? [] : [{ work, unit: work.hold() }];
}

async function decideInSequence<State, Event extends AnyEvent>(
  streams: Streams<State, Event>,
  loaded: Loaded<State>,
  items: readonly Work<State, Event>[],
  spans: WorkSpans,
): Promise<readonly Attempt<State, Event>[]> {
  const attempts: Attempt<State, Event>[] = [];
  let current = loaded;
  for (const [index, work] of items.entries()) {
    const attempt = await decideOne(streams, current, work, spans);
    if (attempt === undefined) continue;
    attempts.push(attempt.done);
    if (attempt.next === undefined) {
      // It was parked: what follows of its order waits behind it.
      attempts.push(...items.slice(index + 1).flatMap(held));
      break;
    }
    current = attempt.next;
  }
  return attempts;
}

async function decideOne<State, Event extends AnyEvent>(
  streams: Streams<State, Event>,
  loaded: Loaded<State>,
  work: Work<State, Event>,
  spans: WorkSpans,
): Promise<{ done: Attempt<State, Event>; next?: Loaded<State> } | undefined> {
  const span = spans.begin(work.describe, work.cause, loaded);
  const cause = causeWithin(span, work.cause, loaded);
  let failures = 0;
  let lastMessage = '';
  for (let tries = 1; ; tries += 1) {
    try {
      const outcome = await (span === undefined ? work.run(loaded) : span.run(() => work.run(loaded)));
      if (outcome === undefined) {
        span?.end();
        return undefined;
      }
      const events = outcome.events.length > 0 ? outcome.events : [{ type: notedType, data: {} }];
      const { unit, next } = streams.decided(loaded, events, cause);
      refuseLongStream(next);
      const settled = work.settles === undefined ? unit : { ...unit, deadLetterChanges: [work.settles] };
      return { done: { work, unit: settled, before: loaded, afterCommit: outcome.afterCommit, span }, next };
    } catch (thrown) {
      const error = thrown as Error;
      if (error instanceof UnavailableError) throw error;
      failures = error.message === lastMessage ? failures + 1 : 1;
      lastMessage = error.message;
      if (error instanceof UnreadableError || failures >= maxFailures || tries >= maxTries) {
        const unit = parked(streams, loaded, work, error);
        span?.fail(`parked: ${error.name}`);
        return { done: { work, unit, onParked: () => work.onParked?.(error), span } };
      }
    }
  }
}

/**
 * Poison is what fails on the state as it is: a stream without events holds the unit to the version that was seen, so that
 * a handler that failed on an outdated state is asked again.
 */
function parked<State, Event extends AnyEvent>(
  streams: Streams<State, Event>,
  loaded: Loaded<State>,
  work: Work<State, Event>,
  error: Error,
): AppendUnit {
  const unit = work.park(error, loaded);
  return unit.streams.length > 0 ? unit : { ...unit, streams: streams.decided(loaded, [], work.cause).unit.streams };
}
