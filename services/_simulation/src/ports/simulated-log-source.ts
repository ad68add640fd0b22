import type { LogStorage } from '@checkout/event-log';
import type { LogSource } from '@checkout/messaging/embedded';
import type { Storm, Strikes } from '../storm/faults.ts';
import type { Dice } from '../world/dice.ts';
import type { SimulatedProcess } from '../world/simulated-process.ts';

/** Who wants to know that something was recorded in a database. */
export type Watchers = {
  readonly add: (wake: (partitions: readonly number[]) => void) => () => void;
  readonly announce: (partitions: readonly number[]) => void;
};

export function createWatchers(): Watchers {
  const watching = new Set<(partitions: readonly number[]) => void>();
  return {
    add: (wake) => {
      watching.add(wake);
      return () => void watching.delete(wake);
    },
    announce: (partitions) => {
      for (const wake of watching) wake(partitions);
    },
  };
}

/**
 * A producer's log as a consumer in another process reads it: through a connection of its own, told of new rows late or
 * not at all.
 */
export function createSimulatedLogSource(deps: {
  readonly connection: LogStorage;
  readonly watchers: Watchers;
  readonly process: SimulatedProcess;
  readonly storm: () => Storm;
  readonly dice: Dice;
  readonly strikes: Strikes;
}): LogSource {
  const { connection, watchers, process, storm, dice, strikes } = deps;
  return {
    identity: () => Promise.resolve(connection.identity),
    heads: () => connection.heads(),
    readPartition: (...of) => connection.readPartition(...of),
    watch(wake) {
      const unwatch = watchers.add((partitions) => {
        if (!process.isAlive()) return;
        if (dice.chance(storm().wakeLost)) return strikes.count('wakeLost');
        process.clock.setTimer(dice.next() * storm().wakeDelayMs, () => wake(partitions));
      });
      process.onDeath(unwatch);
      return unwatch;
    },
    close: async () => {},
  };
}
