import { producerOf, type ServiceName, services, topicOf } from '@checkout/contracts';
import { type AppendUnit, createEventLog, type EventLog, type LogIdentity, type LogStorage } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { createSqliteStorage } from '@checkout/event-log/sqlite';
import { testIdentity } from '@checkout/event-log/testing';
import { causeOf } from '@checkout/kernel';
import { createVirtualClock, type VirtualClock } from '@checkout/kernel/testing';
import { createSilentLogger } from '@checkout/runtime/testing';
import { createEmbeddedBus } from '../embedded/embedded-bus.ts';
import { createFileLogSource, createLocalLogSource, type LogSource } from '../embedded/log-source.ts';
import type { BusWorld, Published } from './bus.contract.ts';
import { tallyStream } from './tally.fixture.ts';

/** Every service's log has an id of its own, the same in every run. */
export function identityOf(service: ServiceName, parts: Partial<LogIdentity> = {}): LogIdentity {
  return { ...testIdentity, service, logId: `log of ${service}`, ...parts };
}

/** Publishes by appending to the producers' logs: each message is emitted by a row of its order. */
export function createPublisher(logOf: (service: ServiceName) => EventLog) {
  const versions = new Map<string, number>();
  const unitOf = (service: ServiceName, { orderId, ...message }: Published): AppendUnit => {
    const version = versions.get(`${service} ${orderId}`) ?? 0;
    versions.set(`${service} ${orderId}`, version + 1);
    return {
      cause: { id: causeOf('publish', orderId, version), correlationId: `request of ${orderId}` },
      streams: [
        {
          streamId: orderId,
          expectedVersion: version,
          events: [{ type: 'Noted', data: {}, emits: [message] }],
          readModel: tallyStream.project(tallyStream.initialState),
        },
      ],
    };
  };
  return async (...messages: readonly Published[]): Promise<void> => {
    const byProducer = Map.groupBy(messages, ({ type }) => producerOf(topicOf(type)));
    for (const [service, ofProducer] of byProducer) {
      await logOf(service).append({ units: ofProducer.map((message) => unitOf(service, message)) });
    }
  };
}

/** How a world comes by its logs, and by what its bus reads of a producer's. */
export type EmbeddedWorldOptions = {
  readonly storageOf: (service: ServiceName, clock: VirtualClock) => LogStorage;
  /** A source of its own for each bus; by default the producer's log in this process. */
  readonly sourceOf?: (service: ServiceName, clock: VirtualClock) => LogSource;
  readonly onClose?: () => void;
};

const restMs = 2_500;
const untilMs = 120_000;
const stepMs = 50;

/** The embedded bus on virtual time: all services' logs, of which `payment` consumes and the others produce. */
async function createEmbeddedWorld(options: EmbeddedWorldOptions): Promise<BusWorld & { clock: VirtualClock }> {
  const { storageOf, onClose = () => {} } = options;
  const clock = createVirtualClock();
  const logs = Object.fromEntries(
    services.map((service) => [
      service,
      createEventLog({ storage: storageOf(service, clock), clock, soleWriter: true }),
    ]),
  ) as Record<ServiceName, EventLog>;
  const sourceOf = options.sourceOf ?? ((service: ServiceName) => createLocalLogSource(logs[service]));
  const opened: LogSource[] = [];

  return {
    log: logs.payment,
    clock,
    publish: createPublisher((service) => logs[service]),
    openBus() {
      const sources = Object.fromEntries(
        services.map((service) => {
          const source = sourceOf(service, clock);
          opened.push(source);
          return [service, source];
        }),
      ) as Record<ServiceName, LogSource>;
      return createEmbeddedBus({
        log: logs.payment,
        sources,
        clock,
        logger: createSilentLogger(),
        onFatal(error) {
          throw error;
        },
      });
    },
    async until(condition) {
      await clock.settle();
      for (let waitedMs = 0; !(await condition()); waitedMs += stepMs) {
        if (waitedMs > untilMs) throw new Error(`it did not come about within ${untilMs} ms`);
        await clock.advance(stepMs);
      }
    },
    rest: () => clock.advance(restMs),
    async close() {
      await Promise.all(opened.map((source) => source.close()));
      await Promise.all(Object.values(logs).map((log) => log.close()));
      onClose();
    },
  };
}

export const memoryWorld = (): Promise<BusWorld & { clock: VirtualClock }> =>
  createEmbeddedWorld({
    storageOf: (service, clock) => createMemoryStorage({ identity: identityOf(service), clock }),
  });

export const sqliteStorage = (directory: string, service: ServiceName, clock: VirtualClock): LogStorage =>
  createSqliteStorage({
    file: `${directory}/${service}.db`,
    identity: identityOf(service),
    table: tallyStream.table,
    clock,
  });

/** Files of a directory; with `apart` every producer's log is read from its file, as another process would. */
export const sqliteWorld = (directory: string, { apart }: { readonly apart: boolean }, onClose: () => void) =>
  createEmbeddedWorld({
    storageOf: (service, clock) => sqliteStorage(directory, service, clock),
    ...(apart && {
      sourceOf: (service: ServiceName, clock: VirtualClock) =>
        createFileLogSource({
          file: `${directory}/${service}.db`,
          clock,
          onError(error) {
            throw error;
          },
        }),
    }),
    onClose,
  });
