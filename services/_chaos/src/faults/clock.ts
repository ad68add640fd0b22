import type { ServiceName } from '@checkout/contracts';
import type { Arena } from '../arena.ts';
import type { Fault } from '../fault.ts';

const jumps: readonly (readonly [name: ServiceName, jumpMs: number])[] = [
  ['order', 300_000],
  ['orchestrator', -3_600_000],
  ['payment', 300_000],
  ['shipping', -3_600_000],
];
const forMs = 20_000;

const setAll = (arena: Arena, factor: 0 | 1) => {
  for (const [name, jumpMs] of jumps) {
    const [first] = arena.of(name);
    if (first !== undefined) arena.jumpClock(first.instance, jumpMs * factor);
  }
  return Promise.resolve();
};

export const clockFaults: readonly Fault[] = [
  {
    name: 'clock-jump',
    does: `one instance of order and of payment is 5 min ahead, one of orchestrator and of shipping an hour behind, for ${forMs / 1000} s`,
    async strike(arena) {
      await setAll(arena, 1);
      await arena.clock.sleep(forMs);
      await setAll(arena, 0);
      return { times: jumps.length, seen: `${jumps.length} clocks set` };
    },
    heal: (arena) => setAll(arena, 0),
  },
];
