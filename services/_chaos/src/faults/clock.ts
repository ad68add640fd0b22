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

/** @returns how many clocks say that they are so far off now */
async function setAll(arena: Arena, factor: 0 | 1): Promise<number> {
  const set = jumps.map(async ([name, jumpMs]) => {
    const [first] = arena.of(name);
    return first !== undefined && (await arena.jumpClock(first.instance, jumpMs * factor)) === jumpMs * factor;
  });
  return (await Promise.all(set)).filter(Boolean).length;
}

export const clockFaults: readonly Fault[] = [
  {
    name: 'clock-jump',
    does: `one instance of order and of payment is 5 min ahead, one of orchestrator and of shipping an hour behind, for ${forMs / 1000} s`,
    async strike(arena) {
      const times = await setAll(arena, 1);
      await arena.clock.sleep(forMs);
      await setAll(arena, 0);
      return { times, seen: `${times} clocks were off` };
    },
    heal: (arena) => setAll(arena, 0).then(() => {}),
  },
];
