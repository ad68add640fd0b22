import process from 'node:process';
import { runProgram } from '@checkout/http';
import { connectEmbedded } from '@checkout/messaging/embedded';
import { createUndiciHttpClient, lockDirectory } from '@checkout/runtime';
import { composePayment, paymentsTable } from './composition.ts';
import { loadPaymentConfig } from './config.ts';

/** Charges and lookups have a bulkhead each, of 24 calls, and one provider. */
const maxConnections = 64;

await runProgram({
  name: 'payment',
  title: 'Payments',
  command: 'node services/payment/src/main.ts',
  configure: () => loadPaymentConfig(process.env),
  async open({ dataDir, payment: config }, { clock, ids, random, logger, onFatal }) {
    const lock = lockDirectory(dataDir, ['payment']);
    const connected = connectEmbedded({ dataDir, clock, ids, logger, onFatal }, 'payment', paymentsTable);
    const httpClient = createUndiciHttpClient({ clock, maxConnections });
    const { module, ...payment } = composePayment({ ...connected, config, clock, random, logger, httpClient });
    return {
      ...payment,
      modules: [module],
      async close() {
        await httpClient.close();
        await connected.close();
        lock.release();
      },
    };
  },
});
