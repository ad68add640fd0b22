import type { RawMessage } from '@checkout/contracts';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { causeOf } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import type { Bus, Subscription } from '@checkout/messaging';
import { expect, it } from 'vitest';
import { createDice } from '../world/dice.ts';
import { calm, createStrikes, drawStorm, type Storm } from './faults.ts';
import { createRelease } from './release.ts';

const message: RawMessage = {
  id: 'orchestrator/1/0/1/0' as RawMessage['id'],
  type: 'CapturePayment',
  topic: 'checkout.payment.commands',
  orderId: anOrder(),
  data: { attempt: 1 },
  causationId: '0'.repeat(32),
  correlationId: 'r-1',
  recordedAt: 0,
};

function setup(change: Partial<Storm>) {
  const dice = createDice('release');
  const strikes = createStrikes();
  const release = createRelease({ storm: { ...calm(drawStorm(dice, 1)), ...change }, dice, strikes });
  const seen: { readonly types: string[]; readonly data: unknown[] } = { types: [], data: [] };
  const readBy = async (build: ReturnType<typeof release.build>) => {
    let subscribed: Subscription | undefined;
    const bus: Bus = { subscribe: (to) => (subscribed = to), start: async () => {}, stop: async () => {} };
    build.reading(bus).subscribe({
      group: 'payment',
      topics: [message.topic],
      accepts: ({ type }) => {
        seen.types.push(type);
        return true;
      },
      handle: async ({ messages }) => {
        seen.data.push(...messages.map(({ data }) => data));
        return 'done';
      },
    });
    subscribed?.accepts(message);
    await subscribed?.handle({ partition: 0, messages: [message], offsets: [] });
  };
  return { release, seen, readBy, strikes };
}

it('changes nothing before it begins', async () => {
  const { release, seen, readBy, strikes } = setup({ newerType: 1, newerShape: 0 });
  await readBy(release.build());

  expect(seen).toEqual({ types: ['CapturePayment'], data: [{ attempt: 1 }] });
  expect(strikes.counts()).toEqual({});
});

it('is of an unknown type to a build that was there before, and known to those that come', async () => {
  const { release, seen, readBy } = setup({ newerType: 1, newerShape: 0 });
  const before = release.build();
  release.begin();
  await readBy(before);
  await readBy(release.build());

  expect(seen.types).toEqual(['CapturePaymentAnew', 'CapturePayment']);
  expect([before.isNew, release.build().isNew]).toEqual([false, true]);
});

it('is unreadable to a build that was there before, and what that parked is read by those that come', async () => {
  const { release, seen, readBy } = setup({ newerType: 0, newerShape: 1 });
  const before = release.build();
  release.begin();
  await readBy(before);
  expect(seen.data).toEqual([null]);

  const storage = createMemoryStorage({ identity: testIdentity, clock: createVirtualClock() });
  const { id: messageId, orderId, topic, type } = message;
  const letter = {
    group: 'payment',
    reason: 'unreadable',
    detail: 'no data',
    state: 'parked',
    message: { ...message, data: null },
  } as const;
  const cause = { id: causeOf('park'), correlationId: 'r-1' };
  await storage.commit([
    { units: [{ cause, streams: [], deadLetters: [{ ...letter, orderId, topic, messageId, type }] }] },
  ]);
  const readWith = async (build: typeof before) => {
    const letters = await build.readingLetters(storage).deadLetters({ afterSeq: 0, limit: 10 });
    return letters.map((found) => (found.message as RawMessage).data);
  };
  expect(await readWith(before)).toEqual([null]);
  expect(await readWith(release.build())).toEqual([{ attempt: 1 }]);
});
