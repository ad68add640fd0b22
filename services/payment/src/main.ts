import process from 'node:process';
import { connectService } from '@checkout/hosting';
import { runProgram } from '@checkout/http';
import { createMetrics, createUndiciHttpClient } from '@checkout/runtime';
import { composePayment, paymentsTable } from './composition.ts';
import { loadPaymentConfig } from './config.ts';

/** Charges and lookups have a bulkhead each, of 24 calls, and one provider. */
const maxConnections = 64;

const migrations = new URL('../drizzle/', import.meta.url);

await runProgram({
  name: 'payment',
  title: 'Payments',
  command: 'node services/payment/src/main.ts',
  configure: () => loadPaymentConfig(process.env),
  async open(config, parts) {
    const { clock, random, logger } = parts;
    const metrics = createMetrics('payment');
    const connected = await connectService(
      config,
      { ...parts, metrics },
      { service: 'payment', table: paymentsTable, migrations },
    );
    const httpClient = createUndiciHttpClient({ clock, maxConnections });
    const { module, ...payment } = composePayment({
      ...connected,
      config: config.payment,
      clock,
      random,
      logger,
      metrics,
      httpClient,
    });
    return {
      ...connected.hosted(payment),
      modules: [module],
      async close() {
        await httpClient.close();
        await connected.close();
      },
    };
  },
});
