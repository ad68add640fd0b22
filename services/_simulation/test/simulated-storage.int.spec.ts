import { setImmediate as nextTurn } from 'node:timers/promises';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { describeLogStorage, testIdentity } from '@checkout/event-log/testing';
import { createSimulatedStorage } from '../src/ports/simulated-storage.ts';
import { calm, createStrikes, drawStorm, type Storm } from '../src/storm/faults.ts';
import { createDice } from '../src/world/dice.ts';
import { createScheduler } from '../src/world/scheduler.ts';
import { createProcess } from '../src/world/simulated-process.ts';
import { createTrace } from '../src/world/trace.ts';

const dice = createDice('the contract of a log storage');
const quiet = calm(drawStorm(dice, 1));

/** The simulated storage in a world whose time goes on by itself, as far as the contract is concerned. */
function subject(storm: Storm) {
  const scheduler = createScheduler(() => nextTurn());
  const process = createProcess(scheduler, { name: 'service', dice });
  let opened: ReturnType<typeof createMemoryStorage>;
  let open = 0;
  const isOpen = () => open > 0;
  const pump = async () => {
    while (isOpen()) await scheduler.run({ untilMs: scheduler.elapsed() + 5 });
  };
  const connect = () => {
    open += 1;
    if (open === 1) void nextTurn().then(pump);
    const storage = createSimulatedStorage({
      database: { storage: opened, announce: () => {}, readOnlyUntil: () => 0 },
      process,
      storm: () => storm,
      dice,
      strikes: createStrikes(),
      trace: createTrace(scheduler.elapsed, { keepsLines: false }),
      elapsed: scheduler.elapsed,
      failpoint: () => false,
    });
    return { ...storage, close: async () => void (open -= 1) };
  };
  return {
    open: async () => {
      opened = createMemoryStorage({ identity: testIdentity, clock: process.clock });
      return connect();
    },
    openAgain: async () => connect(),
    clock: {
      now: () => process.clock.now(),
      advance: (ms: number) => process.clock.sleep(ms),
    },
    sequences: 10,
  };
}

describeLogStorage('simulated, calm', subject(quiet));
describeLogStorage('simulated, slow', subject({ ...quiet, storageLatencyMs: 3 }));
