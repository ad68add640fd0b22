import process from 'node:process';
import { connectService } from '@checkout/hosting';
import { runProgram } from '@checkout/http';
import { createMetrics, createUndiciHttpClient } from '@checkout/runtime';
import { composeAntifraud, assessmentsTable } from './composition.ts';
import { loadAntifraudConfig } from './config.ts';

const migrations = new URL('../drizzle/', import.meta.url);

await runProgram({
  name: 'antifraud',
  title: 'Fraud screening',
  command: 'node services/antifraud/src/main.ts',
  configure: () => loadAntifraudConfig(process.env),
  async open(config, parts) {
    const { clock, random, logger } = parts;
    const metrics = createMetrics('antifraud');
    const connected = await connectService(
      config,
      { ...parts, metrics },
      { service: 'antifraud', table: assessmentsTable, migrations },
    );
    const httpClient = createUndiciHttpClient({ clock });
    const { module, ...antifraud } = composeAntifraud({
      ...connected,
      config: config.antifraud,
      clock,
      random,
      logger,
      metrics,
      httpClient,
    });
    return {
      ...connected.hosted(antifraud),
      modules: [module],
      async close() {
        await httpClient.close();
        await connected.close();
      },
    };
  },
});
