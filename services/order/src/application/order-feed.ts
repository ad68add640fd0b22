import type { EventLog } from '@checkout/event-log';
import type { Clock, OrderId } from '@checkout/kernel';
import { type HistoryEvent, historyEvent } from './read-orders.ts';

/** Follows single orders: all listeners of a process share one query, 250 ms apart or when this process wrote something. */
export type OrderFeed = {
  /**
   * Calls `onEvents` with each new event in version order, from the one after `afterVersion`, until the returned function
   * is called. No event is missed or repeated.
   */
  follow(orderId: OrderId, afterVersion: number, onEvents: (events: readonly HistoryEvent[]) => void): () => void;
  stop(): void;
};

const pollMs = 250;

type Follower = {
  readonly orderId: OrderId;
  readonly onEvents: (events: readonly HistoryEvent[]) => void;
  version: number;
};

export function createOrderFeed(deps: {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly onError: (error: Error) => void;
}): OrderFeed {
  const { log, clock, onError } = deps;
  const followers = new Set<Follower>();
  const stopping = new AbortController();
  let isPolling = false;
  let wake = () => {};

  const pollOnce = async () => {
    const following = [...followers];
    // What all have seen is not read again, above all the creation with its items; the few rows that only some lack are small.
    const seenByAll = Math.min(...following.map(({ version }) => version));
    const rows = await log.readStreams([...new Set(following.map(({ orderId }) => orderId))], seenByAll);
    // Whoever came meanwhile may lack more than was asked for.
    for (const follower of following.filter((one) => followers.has(one))) {
      const fresh = (rows.get(follower.orderId) ?? []).filter((row) => row.version > follower.version);
      if (fresh.length === 0) continue;
      follower.version = fresh.at(-1)?.version ?? follower.version;
      follower.onEvents(fresh.map(historyEvent));
    }
  };

  const poll = async () => {
    while (followers.size > 0 && !stopping.signal.aborted) {
      const woken = new AbortController();
      wake = () => woken.abort();
      try {
        await pollOnce();
      } catch (error) {
        onError(error as Error);
      }
      if (!stopping.signal.aborted) await clock.sleep(pollMs, woken.signal);
    }
    isPolling = false;
  };

  const unlisten = log.onAppend((rows) => {
    if (rows.some((row) => [...followers].some((follower) => follower.orderId === row.streamId))) wake();
  });

  return {
    follow(orderId, afterVersion, onEvents) {
      const follower: Follower = { orderId, onEvents, version: afterVersion };
      followers.add(follower);
      if (isPolling) {
        wake();
      } else {
        isPolling = true;
        void poll();
      }
      return () => void followers.delete(follower);
    },
    stop() {
      unlisten();
      stopping.abort();
      wake();
    },
  };
}
