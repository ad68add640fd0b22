import process from 'node:process';
import { runProgram } from '@checkout/http';
import { connectEmbedded } from '@checkout/messaging/embedded';
import { createUndiciHttpClient, lockDirectory } from '@checkout/runtime';
import { composeAntifraud, assessmentsTable } from './composition.ts';
import { loadAntifraudConfig } from './config.ts';

await runProgram({
  name: 'antifraud',
  title: 'Fraud screening',
  command: 'node services/antifraud/src/main.ts',
  configure: () => loadAntifraudConfig(process.env),
  async open({ dataDir, antifraud: config }, { clock, ids, random, logger, onFatal }) {
    const lock = lockDirectory(dataDir, ['antifraud']);
    const connected = connectEmbedded({ dataDir, clock, ids, logger, onFatal }, 'antifraud', assessmentsTable);
    const httpClient = createUndiciHttpClient({ clock });
    const { module, ...antifraud } = composeAntifraud({ ...connected, config, clock, random, logger, httpClient });
    return {
      ...antifraud,
      modules: [module],
      async close() {
        await httpClient.close();
        await connected.close();
        lock.release();
      },
    };
  },
});
