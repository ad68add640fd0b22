import type { RawMessage } from '@checkout/contracts';
import type { Bus, Publisher, Subscription } from '@checkout/messaging';
import type { Storm, Strikes } from '../storm/faults.ts';
import type { Dice } from '../world/dice.ts';
import type { SimulatedProcess } from '../world/simulated-process.ts';
import type { Trace } from '../world/trace.ts';

/**
 * A broker as Kafka is one: topics of partitions, groups whose partitions go to one member at a time, offsets that are
 * committed behind the work. It never loses what it acknowledged; it may take what it does not acknowledge.
 */
export type SimulatedBroker = {
  /** One process's connection to it. */
  readonly connect: (ports: BrokerPorts) => { readonly publisher: Publisher; readonly bus: Bus };
  /** Deals the partitions of every group anew; whoever had one may still work on it. */
  readonly rebalance: () => void;
  /** A group reads everything from the beginning once more. */
  readonly rewind: (group: string) => void;
  /** A group goes on behind everything that there is, read or not. */
  readonly skip: (group: string) => void;
  readonly groups: () => readonly string[];
};

export type BrokerPorts = {
  readonly process: SimulatedProcess;
  readonly storm: () => Storm;
  readonly dice: Dice;
  readonly strikes: Strikes;
  readonly trace: Trace;
  readonly failpoint: (name: string) => boolean;
};

type Member = {
  readonly process: SimulatedProcess;
  readonly subscription: Subscription;
  /** Partitions that are its own, with the number of the deal that gave them. */
  readonly owned: Map<number, number>;
  readonly wake: (partition: number) => void;
};
type Group = { readonly members: Set<Member>; readonly offsets: Map<number, number>; deal: number };

const maxMessagesPerDelivery = 16;
const retryBaseMs = 50;
const retryCapMs = 10_000;

export function createSimulatedBroker(partitions: number, dice: Dice): SimulatedBroker {
  const logs = Array.from({ length: partitions }, (): RawMessage[] => []);
  const groups = new Map<string, Group>();
  const groupOf = (name: string): Group => {
    const group = groups.get(name) ?? { members: new Set<Member>(), offsets: new Map<number, number>(), deal: 0 };
    groups.set(name, group);
    return group;
  };

  const deal = (group: Group) => {
    group.deal += 1;
    const members = [...group.members].filter(({ process }) => process.isAlive());
    for (const member of group.members) member.owned.clear();
    const [first] = members;
    if (first === undefined) return;
    for (let partition = 0; partition < partitions; partition += 1) {
      const member = members[dice.between(0, members.length - 1)] ?? first;
      member.owned.set(partition, group.deal);
      member.wake(partition);
    }
  };

  const append = (partition: number, messages: readonly RawMessage[]) => {
    logs[partition]?.push(...messages);
    for (const { members } of groups.values()) for (const { wake } of members) wake(partition);
  };

  const connect = (ports: BrokerPorts) => {
    const { process, storm, dice: draws, strikes, failpoint } = ports;
    const latencyMs = () => draws.next() * storm().networkLatencyMs;
    const publisher: Publisher = {
      async publish(partition, messages) {
        await process.receive(Promise.resolve(), latencyMs);
        if (failpoint('relay read, before send')) return new Promise(() => {});
        if (draws.chance(storm().publishFails)) {
          strikes.count('publishFails');
          throw new Error('simulated: the broker does not answer');
        }
        append(partition, messages);
        if (draws.chance(storm().publishAckLost)) {
          strikes.count('publishAckLost');
          throw new Error('simulated: the acknowledgement is lost');
        }
        if (failpoint('broker acknowledged, before the cursor')) return new Promise(() => {});
        await process.receive(Promise.resolve(), latencyMs);
      },
    };
    const subscriptions: Subscription[] = [];
    const stopping = new AbortController();
    const members: { readonly member: Member; readonly group: Group; readonly stop: () => Promise<void> }[] = [];
    const bus: Bus = {
      subscribe: (subscription) => void subscriptions.push(subscription),
      async start() {
        for (const subscription of subscriptions) {
          const group = groupOf(subscription.group);
          const reader = createReader({ ...ports, logs, group, subscription, stopping: stopping.signal });
          const leave = () => {
            group.members.delete(reader.member);
            deal(group);
          };
          group.members.add(reader.member);
          process.onDeath(leave);
          deal(group);
          members.push({ member: reader.member, group, stop: reader.stop });
        }
      },
      async stop() {
        stopping.abort();
        await Promise.all(members.map(({ stop }) => stop()));
        for (const { member, group } of members) {
          group.members.delete(member);
          deal(group);
        }
      },
    };
    return { publisher, bus };
  };

  return {
    connect,
    rebalance: () => {
      for (const group of groups.values()) deal(group);
    },
    rewind: (name) => {
      const group = groupOf(name);
      group.offsets.clear();
      deal(group);
    },
    skip: (name) => {
      const group = groupOf(name);
      for (const [partition, log] of logs.entries()) group.offsets.set(partition, log.length);
      deal(group);
    },
    groups: () => [...groups.keys()],
  };
}

/** One member of a group: a loop for each partition that it was dealt. */
function createReader(
  deps: BrokerPorts & {
    readonly logs: readonly (readonly RawMessage[])[];
    readonly group: Group;
    readonly subscription: Subscription;
    readonly stopping: AbortSignal;
  },
) {
  const { process, storm, dice, strikes, trace, failpoint, logs, group, subscription, stopping } = deps;
  const { clock } = process;
  const topics: ReadonlySet<string> = new Set(subscription.topics);
  const loops = new Map<number, Promise<void>>();
  const latencyMs = () => dice.next() * storm().networkLatencyMs;

  /** What comes next, beginning with the committed offset; a message for nobody is passed over. */
  const fetch = (partition: number) => {
    const from = group.offsets.get(partition) ?? 0;
    const messages: RawMessage[] = [];
    let next = from;
    for (const message of logs[partition]?.slice(from) ?? []) {
      next += 1;
      if (!topics.has(message.topic)) continue;
      try {
        if (subscription.accepts(message)) messages.push(message);
      } catch (error) {
        // What it does not know yet waits, and all that is behind it.
        if (next - 1 === from) throw error;
        return { messages, next: next - 1 };
      }
      if (messages.length >= maxMessagesPerDelivery) break;
    }
    return { messages, next };
  };

  const run = async (partition: number) => {
    let failures = 0;
    for (;;) {
      const dealt = member.owned.get(partition);
      if (dealt === undefined || stopping.aborted) return;
      await process.receive(Promise.resolve(), latencyMs);
      let next: number;
      try {
        const fetched = fetch(partition);
        const { messages } = fetched;
        ({ next } = fetched);
        if (next === (group.offsets.get(partition) ?? 0)) return;
        if (messages.length > 0) {
          const handled = await subscription.handle({ partition, messages, offsets: [] });
          if (handled === 'stale') continue;
        }
        failures = 0;
      } catch (error) {
        failures += 1;
        trace.note(process.name, `a delivery comes again: ${(error as Error).message}`);
        await clock.sleep(Math.min(retryCapMs, retryBaseMs * 2 ** failures), stopping);
        continue;
      }
      if (failpoint('recorded, before the offset')) return;
      if (dice.chance(storm().offsetLost)) {
        strikes.count('offsetLost');
        continue;
      }
      // A member that lost the partition meanwhile is fenced: its offsets are refused.
      if (member.owned.get(partition) === dealt) group.offsets.set(partition, next);
    }
  };

  const wake = (partition: number) => {
    if (!process.isAlive() || stopping.aborted || loops.has(partition) || !member.owned.has(partition)) return;
    const loop = run(partition).finally(() => {
      loops.delete(partition);
      if (hasMore(partition)) wake(partition);
    });
    loops.set(partition, loop);
  };
  const hasMore = (partition: number) => (group.offsets.get(partition) ?? 0) < (logs[partition]?.length ?? 0);

  const member: Member = {
    process,
    subscription,
    owned: new Map(),
    wake: (partition) => void clock.setTimer(latencyMs(), () => wake(partition)),
  };
  return { member, stop: async () => void (await Promise.all(loops.values())) };
}
