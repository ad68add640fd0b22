import process from 'node:process';
import { runProgram } from '@checkout/http';
import { connectEmbedded } from '@checkout/messaging/embedded';
import { createUndiciHttpClient, lockDirectory } from '@checkout/runtime';
import { composeShipping, shipmentsTable } from './composition.ts';
import { loadShippingConfig } from './config.ts';

await runProgram({
  name: 'shipping',
  title: 'Shipments',
  command: 'node services/shipping/src/main.ts',
  configure: () => loadShippingConfig(process.env),
  async open({ dataDir, shipping: config }, { clock, ids, random, logger, onFatal }) {
    const lock = lockDirectory(dataDir, ['shipping']);
    const connected = connectEmbedded({ dataDir, clock, ids, logger, onFatal }, 'shipping', shipmentsTable);
    const httpClient = createUndiciHttpClient({ clock });
    const { module, ...shipping } = composeShipping({ ...connected, config, clock, random, logger, httpClient });
    return {
      ...shipping,
      modules: [module],
      async close() {
        await httpClient.close();
        await connected.close();
        lock.release();
      },
    };
  },
});
