import type { Instance, World } from '../run/world.ts';
import type { Dice } from '../world/dice.ts';
import type { SimulatedProcess } from '../world/simulated-process.ts';
import type { Trace } from '../world/trace.ts';
import type { Storm, Strikes } from './faults.ts';

/** What happens to whole processes and databases: crashes, stops, clocks that are set, spells without writes. */
export type Weather = {
  /** Restarts whatever is down, for as long as the world lasts; breaks things until `calmDown`. */
  readonly start: () => void;
  readonly calmDown: () => void;
};

const restartAfterMs = [50, 8_000] as const;
/** What has not stopped by then is ended. */
const shutdownMs = 5_000;

export function createWeather(deps: {
  readonly world: World;
  readonly storm: Storm;
  readonly process: SimulatedProcess;
  readonly dice: Dice;
  readonly strikes: Strikes;
  readonly trace: Trace;
}): Weather {
  const { world, storm, process, dice, strikes, trace } = deps;
  const { clock } = process;
  let isStormy = true;
  const [firstInstance] = world.instances;
  if (firstInstance === undefined) throw new Error('a world has instances');
  const anyInstance = () => world.instances[dice.between(0, world.instances.length - 1)] ?? firstInstance;

  /** Again and again, so many milliseconds apart on average; never when that is 0. */
  const repeatedly = async (everyMs: number, strike: () => void) => {
    if (everyMs === 0) return;
    for (;;) {
      await clock.sleep(-Math.log(1 - dice.next()) * everyMs);
      if (!isStormy) return;
      strike();
    }
  };

  const crash = (instance: Instance) => {
    if (!instance.isUp()) return;
    strikes.count('crashEveryMs');
    trace.note(instance.name, 'is killed');
    instance.life().kill();
  };

  /** As an orchestrator of containers does. */
  const keepUp = (instance: Instance) => {
    instance.life().onDeath(() => {
      const [minMs, maxMs] = restartAfterMs;
      clock.setTimer(isStormy ? dice.between(minMs, maxMs) : minMs, () => {
        strikes.count('restart');
        instance.start();
        keepUp(instance);
      });
    });
  };

  const stop = (instance: Instance, why: 'stopEveryMs' | 'rolloutPauseMs') => {
    if (!instance.isUp()) return;
    const life = instance.life();
    strikes.count(why);
    trace.note(instance.name, 'is told to stop');
    void instance.stop().then(
      () => life.kill(),
      (error: Error) => {
        trace.note(instance.name, `does not stop in good order: ${error.message}`);
        life.kill();
      },
    );
    clock.setTimer(shutdownMs, () => life.kill());
  };

  /** At some time of the storm a release begins, and restarts one instance after the other. */
  const rollOut = async () => {
    if (storm.rolloutPauseMs === 0) return;
    await clock.sleep(dice.next() ** 2 * storm.durationMs);
    trace.note('release', 'begins');
    world.release.begin();
    for (const instance of world.instances) {
      if (!isStormy) return;
      bringUpToDate(instance);
      await clock.sleep(storm.rolloutPauseMs);
    }
  };
  const bringUpToDate = (instance: Instance) => {
    if (!instance.isUpToDate()) stop(instance, 'rolloutPauseMs');
  };

  return {
    start() {
      for (const instance of world.instances) keepUp(instance);
      void repeatedly(storm.crashEveryMs, () => crash(anyInstance()));
      void repeatedly(storm.crashEveryMs * 8, () => {
        // All instances of one service at once.
        const { service } = anyInstance();
        for (const instance of world.instances) if (instance.service === service) crash(instance);
      });
      void repeatedly(storm.stopEveryMs, () => stop(anyInstance(), 'stopEveryMs'));
      void rollOut();
      void repeatedly(storm.pauseEveryMs, () => {
        const instance = anyInstance();
        if (!instance.isUp()) return;
        const forMs = dice.between(100, 40_000);
        strikes.count('pauseEveryMs');
        trace.note(instance.name, `stands still for ${forMs} ms`);
        instance.life().pause(forMs);
      });
      void repeatedly(storm.clockJumpEveryMs, () => {
        const instance = anyInstance();
        if (!instance.isUp()) return;
        const byMs = dice.pick([-3_600_000, -5_000, 300_000, 86_400_000]);
        strikes.count('clockJumpEveryMs');
        trace.note(instance.name, `its clock is ${byMs} ms off`);
        instance.life().jumpClock(byMs);
      });
      void repeatedly(storm.transport === 'broker' ? storm.rebalanceEveryMs : 0, () => {
        strikes.count('rebalanceEveryMs');
        trace.note('broker', 'deals the partitions anew');
        world.broker.rebalance();
      });
      void repeatedly(storm.transport === 'broker' ? storm.rewindEveryMs : 0, () => {
        const { service } = anyInstance();
        strikes.count('rewindEveryMs');
        trace.note('broker', `${service} reads everything once more`);
        world.broker.rewind(service);
      });
      void repeatedly(storm.transport === 'broker' ? storm.skipEveryMs : 0, () => {
        const { service } = anyInstance();
        strikes.count('skipEveryMs');
        trace.note('broker', `${service} skips what it has not read`);
        world.broker.skip(service);
      });
      void repeatedly(storm.readOnlyEveryMs, () => {
        const forMs = dice.between(100, 10_000);
        const { service } = anyInstance();
        trace.note(`${service} database`, `takes no writes for ${forMs} ms`);
        world.databases[service].refuseWrites(forMs);
      });
    },
    calmDown() {
      isStormy = false;
      for (const database of Object.values(world.databases)) database.refuseWrites(0);
      for (const instance of world.instances) {
        if (!instance.isUp()) continue;
        instance.life().jumpClock(0);
        instance.life().pause(0);
        bringUpToDate(instance);
      }
    },
  };
}
