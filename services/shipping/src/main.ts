import process from 'node:process';
import { connectService } from '@checkout/hosting';
import { runProgram } from '@checkout/http';
import { createMetrics, createUndiciHttpClient } from '@checkout/runtime';
import { composeShipping, shipmentsTable } from './composition.ts';
import { loadShippingConfig } from './config.ts';

const migrations = new URL('../drizzle/', import.meta.url);

await runProgram({
  name: 'shipping',
  title: 'Shipments',
  command: 'node services/shipping/src/main.ts',
  configure: () => loadShippingConfig(process.env),
  async open(config, parts) {
    const { clock, random, logger } = parts;
    const metrics = createMetrics('shipping');
    const connected = await connectService(
      config,
      { ...parts, metrics },
      { service: 'shipping', table: shipmentsTable, migrations },
    );
    const httpClient = createUndiciHttpClient({ clock });
    const { module, ...shipping } = composeShipping({
      ...connected,
      config: config.shipping,
      clock,
      random,
      logger,
      metrics,
      httpClient,
    });
    return {
      ...connected.hosted(shipping),
      modules: [module],
      async close() {
        await httpClient.close();
        await connected.close();
      },
    };
  },
});
