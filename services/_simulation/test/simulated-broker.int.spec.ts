import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ServiceName, services } from '@checkout/contracts';
import { createEventLog, type EventLog } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { testIdentity } from '@checkout/event-log/testing';
import { createRelay } from '@checkout/messaging';
import { type BusWorld, createPublisher, describeBus, identityOf } from '@checkout/messaging/testing';
import { createSilentLogger } from '@checkout/runtime/testing';
import { createSimulatedBroker } from '../src/ports/simulated-broker.ts';
import { calm, createStrikes, drawStorm, type Storm } from '../src/storm/faults.ts';
import { createDice } from '../src/world/dice.ts';
import { createScheduler } from '../src/world/scheduler.ts';
import { createProcess } from '../src/world/simulated-process.ts';
import { createTrace } from '../src/world/trace.ts';

const quiet = calm(drawStorm(createDice('the contract of a bus'), 1));
const untilMs = 120_000;
const restMs = 2_500;
const stepMs = 50;

/** Producers behind the production relay, consumers at the simulated broker. */
async function createWorld(storm: Storm): Promise<BusWorld> {
  const dice = createDice('the contract of a bus');
  const scheduler = createScheduler(() => nextTurn());
  const process = createProcess(scheduler, { name: 'process', dice: dice.fork('ids') });
  const { clock } = process;
  const logs = Object.fromEntries(
    services.map((service) => [
      service,
      createEventLog({ storage: createMemoryStorage({ identity: identityOf(service), clock }), clock }),
    ]),
  ) as Record<ServiceName, EventLog>;
  const broker = createSimulatedBroker(testIdentity.partitions, dice.fork('broker'));
  const connect = (name: string) =>
    broker.connect({
      process,
      storm: () => storm,
      dice: dice.fork(name),
      strikes: createStrikes(),
      trace: createTrace(scheduler.elapsed, { keepsLines: false }),
      failpoint: () => false,
    });
  const logger = createSilentLogger();
  const relays = services.map((service) =>
    createRelay({ log: logs[service], publisher: connect(service).publisher, clock, logger, owner: service }),
  );
  for (const relay of relays) relay.start();

  let opened = 0;
  let isOpen = true;
  const goesOn = () => isOpen;
  const passTime = async () => {
    while (goesOn()) await scheduler.run({ untilMs: scheduler.elapsed() + stepMs });
  };
  const passing = passTime();
  return {
    log: logs.payment,
    clock,
    publish: createPublisher((service) => logs[service]),
    openBus() {
      opened += 1;
      return connect(`bus ${opened}`).bus;
    },
    async until(condition) {
      const deadlineMs = scheduler.elapsed() + untilMs;
      while (!(await condition())) {
        if (scheduler.elapsed() > deadlineMs) throw new Error(`it did not come about within ${untilMs} ms`);
        await clock.sleep(stepMs);
      }
    },
    rest: () => clock.sleep(restMs),
    async close() {
      await Promise.all(relays.map((relay) => relay.stop()));
      isOpen = false;
      await passing;
    },
  };
}

describeBus('simulated broker, calm', () => createWorld(quiet));
describeBus('simulated broker, slow', () => createWorld({ ...quiet, networkLatencyMs: 40 }));
