import { type ServiceName, services } from '@checkout/contracts';
import type { Arena, Wired } from '../arena.ts';
import type { Fault } from '../fault.ts';

const downMs = 2_000;
const frozenMs = 40_000;
const rounds = 3;
const tooLittleMemory = { NODE_OPTIONS: '--max-old-space-size=24' };

const named = (all: readonly Wired[]) => all.map(({ instance: { name } }) => name).join(', ');

async function killAll(arena: Arena, victims: readonly Wired[]) {
  const pids = victims.map(({ instance }) => instance.pid());
  await Promise.all(victims.map(({ instance }) => instance.kill()));
  await arena.clock.sleep(downMs);
  await Promise.all(victims.map(({ instance }) => instance.start()));
  return pids.filter((pid) => pid !== undefined).length;
}

const startAll = (arena: Arena) => Promise.all(arena.all.map(({ instance }) => instance.start())).then(() => undefined);

const killService = (name: ServiceName): Fault => ({
  name: `kill-all-${name}`,
  does: `kill -9 of all instances of ${name}`,
  async strike(arena) {
    const times = await killAll(arena, arena.of(name));
    return { times, seen: `${times} processes of ${name} killed` };
  },
  heal: startAll,
});

/** A process of each kind stands still for longer than any lease, session or timeout, and then goes on as if nothing was. */
const freeze: Fault = {
  name: 'freeze-instance',
  does: `one instance of each service stands still for ${frozenMs / 1000} s, and goes on`,
  async strike(arena) {
    const victims = services.flatMap((name) => arena.of(name).slice(0, 1));
    for (const { instance } of victims) instance.freeze();
    await arena.clock.sleep(frozenMs);
    const unready = victims.filter(({ instance }) => !instance.isInBalance());
    for (const { instance } of victims) instance.thaw();
    return { times: unready.length, seen: `${named(unready)} gave no answer` };
  },
  heal(arena) {
    for (const { instance } of arena.all) instance.thaw();
    return Promise.resolve();
  },
};

export const processFaults: readonly Fault[] = [
  {
    name: 'kill-instance',
    does: 'kill -9 of one instance of each service, one after the other',
    async strike(arena) {
      const victims = services.flatMap((name) => arena.of(name).slice(-1));
      let times = 0;
      for (const victim of victims) times += await killAll(arena, [victim]);
      return { times, seen: `${named(victims)} killed` };
    },
    heal: startAll,
  },
  ...services.map(killService),
  {
    name: 'kill-everything',
    does: 'kill -9 of all instances of all services at once',
    async strike(arena) {
      const times = await killAll(arena, services.flatMap(arena.of));
      return { times, seen: `${times} processes killed` };
    },
    heal: startAll,
  },
  freeze,
  {
    name: 'rolling-restart',
    does: `every instance of every service stopped and started, one after the other, ${rounds} rounds`,
    unnoticed: true,
    async strike(arena) {
      const all = services.flatMap(arena.of);
      for (let round = 0; round < rounds; round += 1) {
        for (const { instance } of all) {
          await instance.stop();
          await instance.start();
        }
      }
      return { times: rounds * all.length, seen: `${rounds * all.length} restarts` };
    },
    heal: startAll,
  },
  {
    name: 'memory-limit',
    does: 'one instance of order and of orchestrator with far too little memory; it dies and is started again, over and over',
    async strike(arena) {
      const victims = (['order', 'orchestrator'] as const).flatMap((name) => arena.of(name).slice(-1));
      const before = victims.reduce((sum, { instance }) => sum + instance.crashes(), 0);
      await Promise.all(victims.map(({ instance }) => instance.kill()));
      // It may never be ready: that is the fault, and whoever waits for it is not told.
      for (const { instance } of victims) void instance.start(tooLittleMemory).catch(() => {});
      await arena.clock.sleep(20_000);
      const times = victims.reduce((sum, { instance }) => sum + instance.crashes(), 0) - before;
      await Promise.all(victims.map(({ instance }) => instance.kill()));
      await Promise.all(victims.map(({ instance }) => instance.start()));
      return { times, seen: `${times} times out of memory` };
    },
    heal: startAll,
  },
];
