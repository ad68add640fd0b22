import { services } from '@checkout/contracts';
import { platformGroups } from '@checkout/messaging';
import type { Admin } from 'kafkajs';
import type { Arena } from '../arena.ts';
import type { Fault } from '../fault.ts';
import { asAdministrator } from './kafka-administrator.ts';
import { hung, killed, slowLines, type Victim } from './servers.ts';

const goneMs = 120_000;
const hungMs = 20_000;
const slowMs = 20_000;
const stormRounds = 5;
const readWithinMs = 120_000;
const emptyTries = 20;

const cannot: Fault['cannot'] = ({ bus }) => (bus === 'kafka' ? undefined : 'the bus is RabbitMQ');
const broker: Victim = { name: 'kafka', title: 'the broker', cannot };

const all = (arena: Arena) => services.flatMap(arena.of);
const startAll = (arena: Arena) => Promise.all(all(arena).map(({ instance }) => instance.start())).then(() => {});

type Place = { readonly partition: number; readonly low: string; readonly high: string; readonly read: number };

/** How far each group has read each partition of each of its topics. */
async function* placesOf(
  arena: Arena,
  admin: Admin,
): AsyncGenerator<{ readonly groupId: string; readonly topic: string; readonly places: readonly Place[] }> {
  for (const { group, topics } of platformGroups()) {
    const groupId = arena.busPrefix + group;
    for (const topic of topics.map((name) => arena.busPrefix + name)) {
      const ends = await admin.fetchTopicOffsets(topic);
      const [{ partitions } = { partitions: [] }] = await admin.fetchOffsets({ groupId, topics: [topic] });
      const places = ends.map(({ partition, low, high }) => {
        const offset = Number(partitions.find((one) => one.partition === partition)?.offset ?? -1);
        return { partition, low, high, read: offset < 0 ? Number(low) : offset };
      });
      yield { groupId, topic, places };
    }
  }
}

/** With all members of the groups gone, as Kafka demands. @returns how many messages lie between the old offsets and the new */
function moveOffsets(arena: Arena, to: 'earliest' | 'latest'): Promise<number> {
  return asAdministrator(arena, async (admin) => {
    let moved = 0;
    for await (const { groupId, topic, places } of placesOf(arena, admin)) {
      const partitions = places.map(({ partition, low, high }) => ({
        partition,
        offset: to === 'earliest' ? low : high,
      }));
      await admin.setOffsets({ groupId, topic, partitions });
      for (const { low, high, read } of places) moved += to === 'earliest' ? read - Number(low) : Number(high) - read;
    }
    return moved;
  });
}

/** A group whose members have just been stopped needs a moment until Kafka takes it for empty. */
async function movedOffsets(arena: Arena, to: 'earliest' | 'latest'): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await moveOffsets(arena, to);
    } catch (error) {
      if (attempt === emptyTries) throw error;
      await arena.clock.sleep(1_000);
    }
  }
}

/** Everything that waits in the topics goes by: no announcement, command or reply of that time is ever read. */
const skipToEnd: Fault = {
  name: 'kafka-offsets-to-end',
  does: 'all services stop for a moment, and what was published and not yet read is skipped by every group',
  cannot,
  async strike(arena) {
    // Readers go first, so that others' messages are left behind in the topics.
    const readers = services.filter((name) => name !== 'order').flatMap(arena.of);
    await Promise.all(readers.map(({ instance }) => instance.kill()));
    await arena.clock.sleep(5_000);
    await Promise.all(arena.of('order').map(({ instance }) => instance.kill()));
    const times = await movedOffsets(arena, 'latest');
    await startAll(arena);
    return { times, seen: `${times} messages skipped` };
  },
  heal: startAll,
};

const replay = (name: string, does: string, atRest: boolean): Fault => ({
  name,
  does,
  cannot,
  ...(atRest && { atRest }),
  async strike(arena) {
    await Promise.all(all(arena).map(({ instance }) => instance.stop()));
    const times = await movedOffsets(arena, 'earliest');
    await startAll(arena);
    await untilRead(arena);
    return { times, seen: `${times} messages delivered again` };
  },
  heal: startAll,
});

/**
 * Waits until every group has read what is in its topics now. What comes meanwhile is not waited for: under load there is always
 * something.
 *
 * @throws Error when that takes too long
 */
async function untilRead(arena: Arena): Promise<void> {
  const ends = new Map<string, number>();
  const unread = () =>
    asAdministrator(arena, async (admin) => {
      let count = 0;
      for await (const { groupId, topic, places } of placesOf(arena, admin)) {
        for (const { partition, high, read } of places) {
          const place = `${groupId} ${topic} ${partition}`;
          const end = ends.get(place) ?? Number(high);
          ends.set(place, end);
          count += Math.max(0, end - read);
        }
      }
      return count;
    });
  const deadline = arena.clock.monotonic() + readWithinMs;
  for (;;) {
    const left = await unread();
    if (left === 0) return;
    if (arena.clock.monotonic() > deadline) throw new Error(`${left} messages are unread after ${readWithinMs} ms`);
    await arena.clock.sleep(500);
  }
}

export const kafkaFaults: readonly Fault[] = [
  killed(broker, 'kafka-killed'),
  killed(broker, 'kafka-gone', goneMs),
  hung(broker, hungMs),
  slowLines(broker, slowMs),
  {
    name: 'kafka-rebalance-storm',
    does: `one more instance of each service comes and goes, ${stormRounds} times`,
    cannot,
    async strike(arena) {
      const extra = await Promise.all(services.map((name) => arena.another(name)));
      for (let round = 0; round < stormRounds; round += 1) {
        await Promise.all(extra.map(({ instance }) => instance.start()));
        await Promise.all(extra.map(({ instance }) => (round % 2 === 0 ? instance.kill() : instance.stop())));
      }
      return { times: 2 * stormRounds * extra.length, seen: `${stormRounds * extra.length} members came and went` };
    },
  },
  replay('kafka-offsets-to-zero', 'every group reads every topic from its beginning again, under load', false),
  replay(
    'kafka-replay-at-rest',
    'every group reads every topic from its beginning again, when all orders are at their ends',
    true,
  ),
  skipToEnd,
];
