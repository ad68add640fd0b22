import type { Fault } from './fault.ts';

/** Faults one after the other, drawn at random, under one load, for so many minutes. */
export function mixOf(faults: readonly Fault[], minutes: number): Fault {
  let current: Fault | undefined;
  return {
    name: 'mix',
    does: `faults drawn at random, for ${minutes} min`,
    landsWithinMs: Math.max(...faults.map(({ landsWithinMs = 0 }) => landsWithinMs)),
    async strike(arena) {
      const able = faults.filter(({ atRest, unnoticed, cannot }) => !atRest && !unnoticed && !cannot?.(arena));
      const untilMs = arena.clock.monotonic() + minutes * 60_000;
      const struck: string[] = [];
      let times = 0;
      while (arena.clock.monotonic() < untilMs && !arena.signal.aborted) {
        const fault = able[Math.floor(arena.random.next() * able.length)];
        if (fault === undefined) break;
        current = fault;
        try {
          times += (await fault.strike(arena)).times;
        } finally {
          await fault.heal?.(arena);
        }
        current = undefined;
        struck.push(fault.name);
        await arena.clock.sleep(2_000 + arena.random.next() * 3_000);
      }
      return { times, seen: struck.join(', ') };
    },
    heal: async (arena) => current?.heal?.(arena),
  };
}
