import { join } from 'node:path';
import process from 'node:process';
import { services } from '@checkout/contracts';
import { createEventLog, type EventLog, type LogStorage } from '@checkout/event-log';
import { openMysqlLog } from '@checkout/event-log/mysql';
import { createSqliteStorage } from '@checkout/event-log/sqlite';
import { connectionConfigOf, connectionVariables } from '@checkout/hosting';
import { type ProgramParts, runProgram } from '@checkout/http';
import { type Bus, createRelay } from '@checkout/messaging';
import {
  createEmbeddedBus,
  createFileLogSource,
  createLocalLogSource,
  type LogSource,
} from '@checkout/messaging/embedded';
import { createKafkaBus } from '@checkout/messaging/kafka';
import { composeOrder, ordersTable } from '@checkout/order';
import { choiceVariable, createMetrics, loadConfig, serviceConfigOf, serviceVariables } from '@checkout/runtime';
import { z } from 'zod';
import { commitEach } from './commit-each.ts';
import { type CommitVariant, commitVariants } from './commit-variants.ts';

const schema = z.object({
  ...serviceVariables({ port: 0, auth: 'off' }),
  ...connectionVariables,
  BENCH_COMMIT: choiceVariable(commitVariants),
});

/** The order service's way to the others, who are not there. */
type Connected = {
  readonly bus: Bus;
  start(): void;
  stop(): Promise<void>;
  close(): Promise<void>;
};

/** The order service alone, as its own `main.ts` starts it, on the log that `BENCH_COMMIT` names. */
await runProgram({
  name: 'bench-accept',
  title: 'Orders',
  command: 'npm run bench -- B1',
  configure() {
    const given = loadConfig(schema, process.env);
    return { ...serviceConfigOf(given), connection: connectionConfigOf(given), variant: given.BENCH_COMMIT };
  },
  async open({ dataDir, connection, variant }, parts) {
    const { clock, ids, random, logger } = parts;
    const { store, partitions } = connection;
    const storage =
      store.kind === 'mysql'
        ? await openMysqlLog({ ...store, service: 'order', partitions, table: ordersTable, clock })
        : createSqliteStorage({
            file: fileOf(dataDir, 'order'),
            identity: { logId: ids.uuid(), service: 'order', partitions, epoch: 1 },
            table: ordersTable,
            clock,
          });
    const grouped = createEventLog({ storage, clock, soleWriter: store.kind === 'sqlite' });
    const log = committing(variant, grouped, storage);
    const connected =
      connection.bus.kind === 'kafka'
        ? onKafka(log, connection.bus.brokers, { ...parts, partitions, prefix: connection.busPrefix })
        : onFiles(log, dataDir, parts);
    const { module, ...order } = composeOrder({ log, bus: connected.bus, clock, ids, random, logger });
    return {
      ...order,
      modules: [module],
      async start() {
        connected.start();
        await order.start();
      },
      async stop() {
        await order.stop();
        await connected.stop();
      },
      async close() {
        await connected.close();
        await log.close();
      },
    };
  },
});

function fileOf(dataDir: string, service: string): string {
  return join(dataDir, `${service}.db`);
}

function committing(variant: CommitVariant, grouped: EventLog, storage: LogStorage): EventLog {
  return variant === 'group' ? grouped : commitEach(grouped, storage);
}

/** The logs of the other services are looked for, as when this one starts first. */
function onFiles(log: EventLog, dataDir: string, { clock, logger, onFatal }: ProgramParts): Connected {
  const sources = Object.fromEntries(
    services.map((service): [string, LogSource] => [
      service,
      service === 'order'
        ? createLocalLogSource(log)
        : createFileLogSource({ file: fileOf(dataDir, service), clock, onError: onFatal }),
    ]),
  ) as Record<(typeof services)[number], LogSource>;
  return {
    bus: createEmbeddedBus({ log, sources, clock, logger, onFatal }),
    start: () => {},
    stop: () => Promise.resolve(),
    async close() {
      await Promise.all(Object.values(sources).map((source) => source.close()));
    },
  };
}

/** What is accepted is published, too. */
function onKafka(
  log: EventLog,
  brokers: readonly string[],
  parts: ProgramParts & { readonly partitions: number; readonly prefix: string },
): Connected {
  const { clock, ids, logger, partitions, prefix } = parts;
  const connection = { brokers, clientId: 'order', prefix };
  const kafka = createKafkaBus({ connection, partitions, clock, logger, metrics: createMetrics('order') });
  const relay = createRelay({ log, publisher: kafka.publisher, clock, logger, owner: ids.uuid() });
  return {
    bus: kafka.bus,
    start: () => relay.start(),
    stop: () => relay.stop(),
    close: () => kafka.close(),
  };
}
