import { afterAll, beforeAll, expect, test } from 'vitest';
import { testInvariants } from './invariants.ts';
import { type Platform, platformStartMs, startPlatform } from './platform.ts';
import { where } from './where.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ SANDBOX_DELIVERY_MS: '700' });
}, platformStartMs);
afterAll(() => platform.stop());

type Seen = { readonly id: number; readonly type: string };

/** Reads a stream until it ends, or until `enough` says so: then the connection is cut. */
async function listen(id: string, lastEventId: number | undefined, enough: (seen: readonly Seen[]) => boolean) {
  const cut = new AbortController();
  const headers = {
    accept: 'text/event-stream',
    ...(lastEventId !== undefined && { 'last-event-id': String(lastEventId) }),
  };
  const response = await fetch(platform.client.addresses.of(`/v1/orders/${id}/events`), {
    headers,
    signal: cut.signal,
  });
  const seen: Seen[] = [];
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      for (const block of text.split('\n\n').slice(0, -1)) {
        const fields = Object.fromEntries(
          block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        );
        if (fields['id'] !== undefined) seen.push({ id: Number(fields['id']), type: fields['event'] ?? '' });
      }
      text = text.slice(text.lastIndexOf('\n\n') + 2);
      if (enough(seen)) cut.abort();
    }
  } catch (error) {
    if (!cut.signal.aborted) throw error;
  }
  return { status: response.status, seen };
}

const history = async (id: string) => {
  const { body } = await platform.client.send<{ events: { version: number; type: string }[] }>(
    'GET',
    `/v1/orders/${id}/events`,
  );
  return body.events.map(({ version, type }) => ({ id: version, type }));
};

test('a stream that is cut and resumed misses nothing and repeats nothing', async () => {
  const { id } = await platform.client.place();
  let seen: readonly Seen[] = [];
  while (seen.at(-1)?.type !== 'OrderCompleted') {
    const more = await listen(id, seen.at(-1)?.id, (events) => events.length > 0);
    seen = [...seen, ...more.seen];
  }
  expect(seen).toEqual(await history(id));
  expect(seen.map(({ id: version }) => version)).toEqual(seen.map((_, index) => index + 1));
});

test.skipIf(where === 'cluster')('a stream is resumed across a crash of the platform', async () => {
  const { id } = await platform.client.place();
  const before = await listen(id, undefined, (events) => events.some(({ type }) => type === 'OrderPaid'));
  await platform.kill();
  await platform.restart();
  const after = await listen(id, before.seen.at(-1)?.id, () => false);
  expect([...before.seen, ...after.seen]).toEqual(await history(id));
});

test('a stream ends by itself after the last event, and behind it there is nothing to come back for', async () => {
  const { id } = await platform.client.place({ userId: 'fraud-1' });
  const { seen } = await listen(id, undefined, () => false);
  expect(seen.at(-1)?.type).toBe('OrderFailed');
  expect((await listen(id, seen.at(-1)?.id, () => false)).status).toBe(204);
});

test('a Last-Event-ID that is no version is refused', async () => {
  const { id } = await platform.client.place();
  const headers = { accept: 'text/event-stream', 'last-event-id': 'yesterday' };
  expect((await platform.client.send('GET', `/v1/orders/${id}/events`, undefined, headers)).status).toBe(422);
});

test('the history shows neither the payment token nor the address', async () => {
  const { id } = await platform.client.place();
  const { body } = await platform.client.send('GET', `/v1/orders/${id}/events`);
  expect(JSON.stringify(body)).not.toMatch(/tok_approve|Street 1/);
});

testInvariants(() => platform.client);
