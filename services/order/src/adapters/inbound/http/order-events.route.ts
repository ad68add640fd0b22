import { z } from '@hono/zod-openapi';
import { type ApiApp, defineRoute, type EventSink, type EventStreams, orderIdParameter, problem } from '@checkout/http';
import { domainError, type OrderId } from '@checkout/kernel';
import type { OrderFeed } from '../../../application/order-feed.ts';
import type { HistoryEvent, OrderReads } from '../../../application/read-orders.ts';
import { reaches } from './reach.ts';
import { HistoryEventSchema } from './schemas.ts';

const terminalTypes: ReadonlySet<string> = new Set(['OrderCompleted', 'OrderFailed', 'OrderCancelled']);

const route = defineRoute({
  method: 'get',
  path: '/v1/orders/{id}/events',
  operationId: 'getOrderEvents',
  tags: ['orders'],
  summary: 'An order’s history, or its events as they happen',
  access: 'orders:read',
  description:
    'With `Accept: text/event-stream` the answer is a stream that ends after the order’s last event. `id` is the version; ' +
    'a client that names it in `Last-Event-ID` goes on behind it. Behind the last event the answer is 204: do not come back.',
  params: z.object({ id: orderIdParameter }),
  headers: {
    Accept: { description: '`text/event-stream` for the stream.', required: false },
    'Last-Event-ID': { description: 'The last version that the client has seen.', required: false },
  },
  responses: {
    200: {
      description: 'The history so far.',
      schema: z.object({ events: z.array(HistoryEventSchema).readonly() }),
      eventStream:
        'One message for each event: its version as `id`, its type as `event`, and as `data` what the history has.',
    },
    204: { description: 'The stream is over and the client has seen all of it.' },
  },
  problems: ['order-not-found', 'too-many-streams'],
});

export function mountOrderEvents(
  app: ApiApp,
  { reads, feed, streams }: { readonly reads: OrderReads; readonly feed: OrderFeed; readonly streams: EventStreams },
): void {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    const history = await reads.history(id);
    const [created] = history;
    if (created === undefined || !reaches(c, created.data['userId'])) {
      return problem(c, domainError('order-not-found', 'There is no such order.'));
    }
    if (!c.req.header('accept')?.includes('text/event-stream')) return c.json({ events: history }, 200);

    const after = lastEventId(c.req.header('last-event-id'));
    const last = history.findLast((event) => terminalTypes.has(event.type));
    if (last !== undefined && after !== undefined && after >= last.version) return c.body(null, 204);
    // A stream behind a version that is still to come would pass over the order's last event, and never end.
    if (after === undefined || after > (history.at(-1)?.version ?? 0)) {
      const fault = { pointer: 'header.Last-Event-ID', code: 'invalid-value', detail: 'A version of this order.' };
      return problem(c, domainError('validation-failed', 'The header Last-Event-ID is not a version.', [fault]));
    }
    const missed = history.filter(({ version }) => version > after);
    const stream = streams.open(c, (sink) => follow(feed, id, { missed, after: history.at(-1)?.version ?? 0 }, sink));
    return stream ?? problem(c, domainError('too-many-streams', 'Too many event streams are open.'));
  });
}

function lastEventId(header: string | undefined): number | undefined {
  if (header === undefined || header === '') return 0;
  return /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}

/** Sends what the client has missed and what comes behind it, until the terminal event is out or the client is gone. */
async function follow(
  feed: OrderFeed,
  orderId: OrderId,
  { missed, after }: { readonly missed: readonly HistoryEvent[]; readonly after: number },
  sink: EventSink,
): Promise<void> {
  const waiting = [...missed];
  let wake = () => {};
  const unfollow = feed.follow(orderId, after, (events) => {
    waiting.push(...events);
    wake();
  });
  const aborted = new Promise<void>((resolve) => {
    sink.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    while (!sink.signal.aborted) {
      const event = waiting.shift();
      if (event === undefined) {
        const more = new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (waiting.length === 0) await Promise.race([more, aborted]);
        continue;
      }
      const sent = await sink.send({ id: String(event.version), event: event.type, data: JSON.stringify(event) });
      if (!sent || terminalTypes.has(event.type)) return;
    }
  } finally {
    unfollow();
  }
}
