import {
  type AnyEvent,
  causeOfTimer,
  createTimerLoop,
  type Decided,
  type DueTimer,
  type EventLog,
  type Loaded,
  notedType,
  type Streams,
  StreamTooLongError,
  type TimerChange,
  type TimerLoop,
} from '@checkout/event-log';
import { type Clock, traceIdOf } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import { type Outcome, processWork, type Work } from './work.ts';

/** A timer whose handling fails is set again this far ahead, so that it holds up no other. */
const poisonTimerMs = 60_000;

export type TimerHandler<State, Event extends AnyEvent> = (
  loaded: Loaded<State>,
  timer: DueTimer,
) => Outcome<State, Event> | Promise<Outcome<State, Event>>;

/** Fires a service's durable timers through the same batch processing as its messages. */
export function createStreamTimers<State, Event extends AnyEvent>(deps: {
  readonly log: EventLog;
  readonly streams: Streams<State, Event>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly handle: TimerHandler<State, Event>;
}): TimerLoop {
  const { log, streams, clock, logger, handle } = deps;
  return createTimerLoop({
    log,
    clock,
    onError: (error) => logger.warn('timers will be tried again', { err: error }),
    async fire(timers) {
      // Read anew: a state that is older than its timer would call it overtaken, and it would come back at once for ever.
      streams.forget(timers.map((timer) => timer.streamId));
      await processWork({ log, streams }, { work: timers.map((timer) => timerWork(timer)), offsets: [] });
    },
  });

  function timerWork(timer: DueTimer): Work<State, Event> {
    const cause = causeOfTimer(timer);
    const noted = (change: TimerChange): readonly Decided<Event>[] => [
      { type: notedType, data: { timer: timer.kind }, timer: change },
    ];
    return {
      orderId: timer.streamId,
      cause,
      describe: () => ({
        name: `timer ${timer.kind}`,
        kind: 'internal',
        attributes: { 'checkout.order.id': timer.streamId },
      }),
      async run(loaded) {
        // Whatever moved the stream on has set another timer, or none: this one is over.
        if (loaded.timer?.setByVersion !== timer.setByVersion) return undefined;
        const outcome = await handle(loaded, timer);
        // A timer that nothing changes would fire for ever.
        const changed = outcome.events.some((event) => event.timer !== undefined);
        return changed ? outcome : { ...outcome, events: [...outcome.events, ...noted(null)] };
      },
      park(error, loaded) {
        const traceId = traceIdOf(loaded.origin?.traceparent);
        logger.error('timer failed', { orderId: timer.streamId, traceId, type: timer.kind, err: error });
        // A full stream has no room for more tries. What is sent to it is parked, and so a person hears of it.
        const next = error instanceof StreamTooLongError ? null : { kind: timer.kind, afterMs: poisonTimerMs };
        return streams.decided(loaded, noted(next), cause).unit;
      },
    };
  }
}
