import type { CancelTimer, Clock } from '@checkout/kernel';
import { type ApiContext, requestOf } from './api-app.ts';

/** One server-sent event. `id` is what a client that comes back names in `Last-Event-ID`. */
export type StreamEvent = { readonly id: string; readonly event: string; readonly data: string };

/**
 * What a stream's source may do. `send` waits while the client reads slower than the source writes, and gives `false` once
 * the client is gone or the process stops: then the source returns.
 */
export type EventSink = {
  readonly send: (event: StreamEvent) => Promise<boolean>;
  /** Aborted when the client is gone or the process stops. */
  readonly signal: AbortSignal;
};

export type EventStreams = {
  /**
   * Answers with a stream that `source` fills; it ends when `source` returns. A source that throws cuts the stream: the
   * client comes back with its `Last-Event-ID`. So does a client that reads nothing for 30 s while an event waits for it.
   * `undefined` when too many streams are open, of all callers or of this one. The answer to HEAD is the head alone: nobody
   * would read the stream, nor end it.
   */
  open(c: ApiContext, source: (sink: EventSink) => Promise<void>): Response | undefined;
  /** Ends all streams; later ones end at once. A server with open streams does not finish closing. */
  endAll(): void;
  count(): number;
};

const heartbeatMs = 15_000;
const defaultMaxStreams = 1_000;
/** Of one token's subject. Whoever has none shares the total with all others. */
const defaultMaxStreamsPerCaller = 20;
/** A reader that takes nothing for so long, while an event waits for room, is as good as gone. */
const readerPatienceMs = 30_000;
/** Bytes that may wait in memory for one slow reader before its source has to wait. */
const bufferedBytes = 65_536;
const streamHeaders = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  // nginx would hold the events back to fill its buffer.
  'X-Accel-Buffering': 'no',
};

/** All event streams of a process, bounded, with a comment line every 15 s so that proxies keep them open. */
export function createEventStreams(options: {
  readonly clock: Clock;
  readonly maxStreams?: number;
  readonly maxStreamsPerCaller?: number;
}): EventStreams {
  const { clock, maxStreams = defaultMaxStreams, maxStreamsPerCaller = defaultMaxStreamsPerCaller } = options;
  /** Whose each is, by the subject. */
  const open = new Map<AbortController, string | undefined>();
  const openOf = (subject: string) => [...open.values()].filter((owner) => owner === subject).length;
  const isFull = (subject: string | undefined) =>
    open.size >= maxStreams || (subject !== undefined && openOf(subject) >= maxStreamsPerCaller);
  let isEnding = false;

  return {
    open(c, source) {
      if (c.req.method === 'HEAD') return c.body(null, 200, streamHeaders);
      const { subject } = requestOf(c).caller;
      if (isFull(subject)) return undefined;
      const ended = new AbortController();
      if (isEnding) ended.abort();
      open.set(ended, subject);
      const body = createBody(clock, ended, source, () => open.delete(ended));
      return c.body(body, 200, streamHeaders);
    },
    endAll() {
      isEnding = true;
      for (const stream of open.keys()) stream.abort();
    },
    count: () => open.size,
  };
}

function createBody(
  clock: Clock,
  ended: AbortController,
  source: (sink: EventSink) => Promise<void>,
  onEnd: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let cancelHeartbeat: CancelTimer = () => {};
  let wakeSender: () => void = () => {};

  const finish = (controller: ReadableStreamDefaultController<Uint8Array>, error?: unknown) => {
    cancelHeartbeat();
    onEnd();
    if (ended.signal.aborted && error === undefined) return closeQuietly(controller);
    ended.abort();
    if (error === undefined) closeQuietly(controller);
    else controller.error(error);
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const hasRoom = () => (controller.desiredSize ?? 0) > 0;
        const beat = () => {
          if (hasRoom()) controller.enqueue(encoder.encode(': heartbeat\n\n'));
          cancelHeartbeat = clock.setTimer(heartbeatMs, beat);
        };
        cancelHeartbeat = clock.setTimer(heartbeatMs, beat);
        ended.signal.addEventListener('abort', () => wakeSender(), { once: true });

        const untilWoken = () =>
          new Promise<void>((resolve) => {
            const cancelDeadline = clock.setTimer(readerPatienceMs, resolve);
            wakeSender = () => {
              cancelDeadline();
              resolve();
            };
          });
        const send = async (event: StreamEvent) => {
          while (!ended.signal.aborted && !hasRoom()) {
            const room = controller.desiredSize;
            await untilWoken();
            const isStalled = !ended.signal.aborted && controller.desiredSize === room;
            if (isStalled)
              finish(controller, new Error('the reader of an event stream has taken nothing for too long'));
          }
          if (ended.signal.aborted) return false;
          controller.enqueue(encoder.encode(format(event)));
          return true;
        };
        // Not awaited: the stream is handed out now and filled from then on.
        void source({ send, signal: ended.signal }).then(
          () => finish(controller),
          (error: unknown) => finish(controller, error),
        );
      },
      pull() {
        wakeSender();
      },
      cancel() {
        ended.abort();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: bufferedBytes }),
  );
}

/** A client that is gone has closed the stream already. */
function closeQuietly(controller: ReadableStreamDefaultController<Uint8Array>): void {
  try {
    controller.close();
  } catch {
    // Closed by the reader.
  }
}

/** A line break inside a field would begin another field. */
function format({ id, event, data }: StreamEvent): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `id: ${oneLine(id)}\nevent: ${oneLine(event)}\n${lines.join('')}\n`;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\0]/g, ' ');
}
