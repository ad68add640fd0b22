import { createEventLog } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anEvent, anOrder, aUnit, testIdentity } from '@checkout/event-log/testing';
import { createVirtualClock } from '@checkout/kernel/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createOrderFeed } from './order-feed.ts';

/** A feed of this process; the other process writes to the same log, and this one hears of it only by asking. */
function setUp() {
  const answerMs = 100;
  const clock = createVirtualClock();
  const storage = createMemoryStorage({ identity: testIdentity, clock });
  const read: number[] = [];
  const log = createEventLog({
    clock,
    storage: {
      ...storage,
      async readStreams(...asked) {
        const found = await storage.readStreams(...asked);
        await clock.sleep(answerMs);
        read.push(...[...found.values()].flat().map(({ version }) => version));
        return found;
      },
    },
  });
  const elsewhere = createEventLog({ clock, storage });
  const feed = createOrderFeed({ log, clock, onError: (error) => expect(error).toBeUndefined() });
  return {
    clock,
    feed,
    /** The versions of the rows that the feed has read so far. */
    read,
    append: (number: number, after: number) =>
      elsewhere.append({ units: [aUnit(anOrder(0, number), after, { events: [anEvent()] })] }),
    follow: (number: number, after: number) => {
      const heard: number[] = [];
      const unfollow = feed.follow(anOrder(0, number), after, (events) => {
        heard.push(...events.map(({ version }) => version));
      });
      return { heard, unfollow };
    },
  };
}

let world: ReturnType<typeof setUp>;
beforeEach(() => {
  world = setUp();
});
afterEach(() => world.feed.stop());

it('tells each follower of what is new to it, once and in order', async () => {
  const { clock, append, follow } = world;
  await append(1, 0);
  await append(2, 0);
  const [early, late, other] = [follow(1, 0), follow(1, 1), follow(2, 1)];
  await clock.advance(1_000);
  await append(1, 1);
  await append(1, 2);
  await clock.advance(1_000);
  late.unfollow();
  await append(1, 3);
  await append(2, 1);
  await clock.advance(1_000);

  expect([early.heard, late.heard, other.heard]).toEqual([[1, 2, 3, 4], [2, 3], [2]]);
});

it('tells a follower who comes while others are being read for of everything that is new to it', async () => {
  const { clock, append, follow } = world;
  await append(1, 0);
  await append(1, 1);
  const first = follow(1, 1);
  await clock.advance(50);
  const second = follow(1, 0);
  await clock.advance(1_000);

  expect([first.heard, second.heard]).toEqual([[2], [1, 2]]);
});

it('does not read again what all its followers have seen', async () => {
  const { clock, append, follow, read } = world;
  await append(1, 0);
  await append(2, 0);
  const followers = [follow(1, 1), follow(2, 1)];
  await clock.advance(60_000);
  expect(read).toEqual([]);
  await append(1, 1);
  await append(2, 1);
  await clock.advance(60_000);

  expect(read).toEqual([2, 2]);
  expect(followers.map(({ heard }) => heard)).toEqual([[2], [2]]);
});
