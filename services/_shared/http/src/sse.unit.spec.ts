import { createVirtualClock } from '@checkout/kernel/testing';
import type { TokenVerification } from '@checkout/runtime';
import { describe, expect, test } from 'vitest';
import { defineRoute } from './define-route.ts';
import { createEventStreams, type EventSink } from './sse.ts';
import { createTestApp, stubService } from './testing/test-app.ts';

const eventsRoute = defineRoute({
  method: 'get',
  path: '/events',
  operationId: 'events',
  tags: ['test'],
  summary: 'What happens',
  access: 'orders:read',
  responses: { 204: { description: 'Nothing will.' } },
  problems: [],
});

/** Believes that whoever names themselves is who they say. */
const verifier = {
  verify: (subject: string): Promise<TokenVerification> =>
    Promise.resolve({ kind: 'genuine', token: { subject, scopes: new Set(['orders:read']) } }),
};

type Limits = { readonly maxStreams?: number; readonly maxStreamsPerCaller?: number };

function setup(source: (sink: EventSink) => Promise<void>, limits: Limits = {}) {
  const clock = createVirtualClock();
  const streams = createEventStreams({ clock, ...limits });
  const service = stubService({
    routes: (app) =>
      void app.openapi(eventsRoute, (c) => streams.open(c, source) ?? new Response('full', { status: 503 })),
  });
  return { clock, streams, service, app: createTestApp([service], clock) };
}

const event = (id: number, data = '{}') => ({ id: String(id), event: 'OrderPaid', data });

/** A source that stays open until the client is gone or the process stops. */
const stayOpen = ({ signal }: EventSink) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

async function readAll(response: Response): Promise<string> {
  return response.text();
}

describe('an event stream', () => {
  test('writes id, event and data, and ends when its source does', async () => {
    const { app, streams, clock } = setup(async ({ send }) => {
      await send(event(1));
      await send(event(2, 'two\nlines'));
    });
    const response = await app.request('/events');

    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(await readAll(response)).toBe(
      'id: 1\nevent: OrderPaid\ndata: {}\n\nid: 2\nevent: OrderPaid\ndata: two\ndata: lines\n\n',
    );
    expect([streams.count(), clock.pending()]).toEqual([0, 0]);
  });

  test('is not opened for HEAD, which nobody would read', async () => {
    const { app, streams, clock } = setup(stayOpen);
    const response = await app.request('/events', { method: 'HEAD' });

    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect([streams.count(), clock.pending()]).toEqual([0, 0]);
  });

  test('cannot be made to write other fields', async () => {
    const { app } = setup(
      async ({ send }) => void (await send({ id: '1\nretry: 1', event: 'a\rdata: x', data: 'ok' })),
    );

    expect(await readAll(await app.request('/events'))).toBe('id: 1 retry: 1\nevent: a data: x\ndata: ok\n\n');
  });

  test('beats every 15 s while nothing happens', async () => {
    const { app, clock, streams } = setup(stayOpen);
    const reading = readAll(await app.request('/events'));
    await clock.advance(45_000);
    streams.endAll();

    expect(await reading).toBe(': heartbeat\n\n'.repeat(3));
    expect(clock.pending()).toBe(0);
  });

  test('makes its source wait for a slow reader, with a bounded buffer', async () => {
    let sent = 0;
    const { app, clock } = setup(async ({ send }) => {
      while (await send(event(sent, 'x'.repeat(10_000)))) sent += 1;
    });
    const response = await app.request('/events');
    await clock.settle();
    expect(sent).toBeLessThan(10);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.read();
    await clock.settle();
    expect(sent).toBeGreaterThanOrEqual(8);
    await reader?.cancel();
  });

  test('is cut when its reader takes nothing for 30 s while an event waits', async () => {
    const { app, clock, streams } = setup(async ({ send }) => {
      while (await send(event(1, 'x'.repeat(10_000))));
    });
    const response = await app.request('/events');
    await clock.advance(29_000);
    expect(streams.count()).toBe(1);
    await clock.advance(1_000);

    expect([streams.count(), clock.pending()]).toEqual([0, 0]);
    await expect(readAll(response)).rejects.toThrow('has taken nothing');
  });

  test('is not cut while its reader is slow, nor while nothing waits for it', async () => {
    const events = Array.from({ length: 20 }, (_, index) => event(index, 'x'.repeat(50_000)));
    const { app, clock, streams } = setup(async (sink) => {
      for (const each of events) await sink.send(each);
      await stayOpen(sink);
    });
    const response = await app.request('/events');
    const reader = response.body?.getReader();
    for (const _ of events) {
      await clock.advance(29_000);
      await reader?.read();
    }
    await clock.advance(3_600_000);

    expect(streams.count()).toBe(1);
    await reader?.cancel();
    await clock.settle();
    expect([streams.count(), clock.pending()]).toEqual([0, 0]);
  });

  test('ends its source when the client goes away', async () => {
    const { app, clock, streams } = setup(stayOpen);
    const response = await app.request('/events');
    await response.body?.cancel();
    await clock.settle();

    expect([streams.count(), clock.pending()]).toEqual([0, 0]);
  });

  test('is cut, not ended, when its source fails: the client comes back', async () => {
    const { app, streams, clock } = setup(async ({ send }) => {
      await send(event(1));
      throw new Error('log away');
    });

    await expect(readAll(await app.request('/events'))).rejects.toThrow();
    expect([streams.count(), clock.pending()]).toEqual([0, 0]);
  });
});

describe('the event streams of a process', () => {
  test('are bounded', async () => {
    const { app, streams } = setup(stayOpen, { maxStreams: 2 });
    const open = [await app.request('/events'), await app.request('/events')];

    expect((await app.request('/events')).status).toBe(503);
    streams.endAll();
    await Promise.all(open.map(readAll));
    expect(streams.count()).toBe(0);
  });

  test('are bounded for each caller, and what one has too many of is free to another', async () => {
    const { streams, service, clock } = setup(stayOpen, { maxStreamsPerCaller: 2 });
    const app = createTestApp([service], clock, { verifier });
    const ask = (subject: string) => app.request('/events', { headers: { authorization: `Bearer ${subject}` } });
    const [first] = [await ask('ada'), await ask('ada')];

    expect((await ask('ada')).status).toBe(503);
    expect((await ask('bob')).status).toBe(200);
    await first?.body?.cancel();
    await clock.settle();
    expect((await ask('ada')).status).toBe(200);
    streams.endAll();
  });

  test('of callers who prove nothing about themselves are bounded together only', async () => {
    const { app, streams } = setup(stayOpen, { maxStreams: 3, maxStreamsPerCaller: 1 });
    const asked = [];
    for (let stream = 0; stream < 4; stream += 1) asked.push((await app.request('/events')).status);

    expect(asked).toEqual([200, 200, 200, 503]);
    streams.endAll();
  });

  test('all end when the process stops, also one that waits for a slow reader, and later ones at once', async () => {
    const { app, streams, clock } = setup(async ({ send }) => {
      while (await send(event(1, 'x'.repeat(10_000))));
    });
    const slow = await app.request('/events');
    await clock.settle();
    streams.endAll();
    await clock.settle();

    expect(streams.count()).toBe(0);
    expect((await readAll(slow)).length).toBeLessThan(100_000);
    expect(await readAll(await app.request('/events'))).toBe('');
  });
});
