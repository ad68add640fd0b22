import { join } from 'node:path';
import process from 'node:process';
import { services } from '@checkout/contracts';
import { createEventLog } from '@checkout/event-log';
import { createSqliteStorage } from '@checkout/event-log/sqlite';
import { runProgram } from '@checkout/http';
import {
  createEmbeddedBus,
  createFileLogSource,
  createLocalLogSource,
  type LogSource,
} from '@checkout/messaging/embedded';
import { composeOrder, ordersTable } from '@checkout/order';
import { choiceVariable, loadConfig, serviceConfigOf, serviceVariables } from '@checkout/runtime';
import { z } from 'zod';
import { commitEach } from './commit-each.ts';
import { commitVariants } from './commit-variants.ts';

const schema = z.object({
  ...serviceVariables({ port: 0, auth: 'off' }),
  BENCH_COMMIT: choiceVariable(commitVariants),
});

/** As every embedded log has. */
const partitions = 16;

/** The order service alone, as its own `main.ts` starts it, on the log that `BENCH_COMMIT` names. */
await runProgram({
  name: 'bench-accept',
  title: 'Orders',
  command: 'npm run bench -- B1',
  configure() {
    const given = loadConfig(schema, process.env);
    return { ...serviceConfigOf(given), variant: given.BENCH_COMMIT };
  },
  async open({ dataDir, variant }, { clock, ids, random, logger, onFatal }) {
    const fileOf = (service: string) => join(dataDir, `${service}.db`);
    const identity = { logId: ids.uuid(), service: 'order', partitions, epoch: 1 };
    const storage = createSqliteStorage({ file: fileOf('order'), identity, table: ordersTable, clock });
    const grouped = createEventLog({ storage, clock, soleWriter: true });
    const log = variant === 'group' ? grouped : commitEach(grouped, storage);
    // The other services are not there: their logs are looked for, as when this one starts first.
    const sources = Object.fromEntries(
      services.map((service): [string, LogSource] => [
        service,
        service === 'order'
          ? createLocalLogSource(log)
          : createFileLogSource({ file: fileOf(service), clock, onError: onFatal }),
      ]),
    ) as Record<(typeof services)[number], LogSource>;
    const bus = createEmbeddedBus({ log, sources, clock, logger, onFatal });
    const { module, ...order } = composeOrder({ log, bus, clock, ids, random, logger });
    return {
      ...order,
      modules: [module],
      async close() {
        await Promise.all(Object.values(sources).map((source) => source.close()));
        await log.close();
      },
    };
  },
});
