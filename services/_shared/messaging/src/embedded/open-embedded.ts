import type { ServiceName } from '@checkout/contracts';
import { services } from '@checkout/contracts';
import { createEventLog, type EventLog, type ReadModelTable } from '@checkout/event-log';
import { createSqliteStorage } from '@checkout/event-log/sqlite';
import type { Clock, Ids } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import type { Bus } from '../bus.port.ts';
import { createEmbeddedBus } from './embedded-bus.ts';
import { createFileLogSource, createLocalLogSource, type LogSource } from './log-source.ts';

/** Partitions of every log; fixed when the logs are made. */
const partitions = 16;

export type EmbeddedDeps = {
  /** Where the services keep their files, `<service>.db` each. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly onFatal: (error: Error) => void;
};

export type Connected = { readonly log: EventLog; readonly bus: Bus };
export type ConnectedTogether = Readonly<Record<ServiceName, Connected>> & { close(): Promise<void> };

const logFile = (dataDir: string, service: string) => `${dataDir}/${service}.db`;

/** @throws LogOpenError when the service's file cannot serve as its log */
export function openEmbeddedLog(
  deps: Pick<EmbeddedDeps, 'dataDir' | 'clock' | 'ids'>,
  service: ServiceName,
  table: ReadModelTable,
): EventLog {
  const { dataDir, clock, ids } = deps;
  const storage = createSqliteStorage({
    file: logFile(dataDir, service),
    identity: { logId: ids.uuid(), service, partitions, epoch: 1 },
    table,
    clock,
  });
  return createEventLog({ storage, clock, soleWriter: true });
}

/**
 * One service alone: its own log, and the others' read from their files in the same directory.
 * @throws LogOpenError
 */
export function connectEmbedded(
  deps: EmbeddedDeps,
  service: ServiceName,
  table: ReadModelTable,
): Connected & { close(): Promise<void> } {
  const { dataDir, clock, onFatal } = deps;
  const log = openEmbeddedLog(deps, service, table);
  const sources = Object.fromEntries(
    services.map((other): [ServiceName, LogSource] => [
      other,
      other === service
        ? createLocalLogSource(log)
        : createFileLogSource({ file: logFile(dataDir, other), clock, onError: onFatal }),
    ]),
  ) as Record<ServiceName, LogSource>;
  const bus = createEmbeddedBus({ ...deps, log, sources });
  return {
    log,
    bus,
    async close() {
      await Promise.all(Object.values(sources).map((source) => source.close()));
      await log.close();
    },
  };
}

/** All services in one process: every bus reads the other services' logs in memory. The logs end with it. */
export function connectTogether(
  deps: Pick<EmbeddedDeps, 'clock' | 'logger' | 'onFatal'>,
  logs: Readonly<Record<ServiceName, EventLog>>,
): ConnectedTogether {
  const sources = Object.fromEntries(
    services.map((service) => [service, createLocalLogSource(logs[service])]),
  ) as Record<ServiceName, LogSource>;
  const connected = Object.fromEntries(
    services.map((service) => [
      service,
      { log: logs[service], bus: createEmbeddedBus({ ...deps, log: logs[service], sources }) },
    ]),
  ) as Record<ServiceName, Connected>;
  return {
    ...connected,
    async close() {
      await Promise.all(Object.values(logs).map((log) => log.close()));
    },
  };
}
