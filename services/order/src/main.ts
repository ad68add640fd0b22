import process from 'node:process';
import { runProgram } from '@checkout/http';
import { connectEmbedded } from '@checkout/messaging/embedded';
import { lockDirectory } from '@checkout/runtime';
import { composeOrder, ordersTable } from './composition.ts';
import { loadOrderConfig } from './config.ts';

await runProgram({
  name: 'order',
  title: 'Orders',
  command: 'node services/order/src/main.ts',
  configure: () => loadOrderConfig(process.env),
  async open({ dataDir }, { clock, ids, random, logger, onFatal }) {
    const lock = lockDirectory(dataDir, ['order']);
    const connected = connectEmbedded({ dataDir, clock, ids, logger, onFatal }, 'order', ordersTable);
    const { module, ...order } = composeOrder({ ...connected, clock, ids, random, logger });
    return {
      ...order,
      modules: [module],
      async close() {
        await connected.close();
        lock.release();
      },
    };
  },
});
