import type { RawMessage, ServiceName } from '@checkout/contracts';
import { createEventLog, type EventLog } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { testIdentity } from '@checkout/event-log/testing';
import type { OrderId } from '@checkout/kernel';
import type { VirtualClock } from '@checkout/kernel/testing';
import type { HttpClient } from '@checkout/runtime';
import type { Bus } from '../bus.port.ts';
import { messagesOfRow } from '../messages-of-row.ts';
import type { Workers } from '../service-parts.ts';
import { createMessageBuilder } from './messages.builder.ts';
import { type CrashPoint, createMortalProcess } from './mortal-process.ts';
import { createStubBus } from './stub-bus.ts';
import { whileTimePasses } from './while-time-passes.ts';

export type ServiceDriverOptions<Service extends Workers> = {
  readonly name: ServiceName;
  readonly clock: VirtualClock;
  /** The way to the service's providers. */
  readonly network: HttpClient;
  /** The service's own composition, on what a process has. */
  readonly compose: (parts: { readonly log: EventLog; readonly bus: Bus; readonly httpClient: HttpClient }) => Service;
};

/**
 * A service in a process that may end and begin again, on a log in memory that outlives it and a bus that carries what the
 * test says. What it did is read from the log, as the rest of the platform would hear of it.
 */
export async function startService<Service extends Workers>(options: ServiceDriverOptions<Service>) {
  const { name, clock, network, compose } = options;
  const storage = createMemoryStorage({ identity: { ...testIdentity, service: name }, clock });
  const begin = () => {
    const process = createMortalProcess(storage, network);
    const log = createEventLog({ storage: process.storage, clock, soleWriter: true });
    const bus = createStubBus(testIdentity.partitions);
    return { process, bus, service: compose({ log, bus, httpClient: process.httpClient }) };
  };
  let running = begin();
  await running.service.start();

  const heard = async (orderId: OrderId) =>
    (await storage.readStream(orderId))
      .flatMap((row) => messagesOfRow(storage.identity, row))
      .map(({ type, data }) => ({ type, data }));

  return {
    service: () => running.service,
    build: createMessageBuilder(testIdentity.partitions),
    /** Hands commands over as one delivery; resolves when they are recorded. */
    command: (...messages: readonly RawMessage[]) => whileTimePasses(clock, running.bus.deliver(...messages)),
    /** Hands commands over and looks no further: the process may end over them. */
    post: async (...messages: readonly RawMessage[]) => {
      void running.bus.deliver(...messages);
      await clock.settle();
    },
    /** What the others get to hear of an order. */
    heard,
    heardTypes: async (orderId: OrderId) => (await heard(orderId)).map(({ type }) => type),
    recorded: (orderId: OrderId) => storage.readStream(orderId),
    /** The types of what is recorded. */
    rows: async (orderId: OrderId) => (await storage.readStream(orderId)).map(({ type }) => type),
    timerOf: async (orderId: OrderId) => (await storage.readModel(orderId))?.timer ?? null,
    deadLetters: () => storage.deadLetters({ afterSeq: 0, limit: 100 }),
    crash: () => running.process.crash(),
    crashAt: (point: CrashPoint) => running.process.crashAt(point),
    /** A new process on what is recorded; the one before may be dead or alive. */
    restart: async () => {
      running.process.crash();
      running = begin();
      await running.service.start();
      await clock.settle();
    },
    stop: () => whileTimePasses(clock, running.service.stop()),
  };
}
