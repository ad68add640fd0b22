import process from 'node:process';
import { runProgram } from '@checkout/http';
import { createUndiciHttpClient, lockDirectory } from '@checkout/runtime';
import { composeSandbox } from './composition.ts';
import { loadSandboxConfig } from './config.ts';

await runProgram({
  name: 'sandbox',
  title: 'Sandbox',
  command: 'node services/sandbox/src/main.ts',
  configure: () => loadSandboxConfig(process.env),
  async open({ dataDir, sandbox: config }, { clock, ids, random, logger }) {
    const lock = lockDirectory(dataDir, ['sandbox']);
    const httpClient = createUndiciHttpClient({ clock });
    const { module, ...sandbox } = composeSandbox({ config, clock, ids, random, logger, httpClient });
    return {
      ...sandbox,
      modules: [module],
      async close() {
        await httpClient.close();
        await sandbox.close();
        lock.release();
      },
    };
  },
});
