import process from 'node:process';
import { runProgram } from '@checkout/http';
import { connectEmbedded } from '@checkout/messaging/embedded';
import { lockDirectory } from '@checkout/runtime';
import { composeOrchestrator, sagasTable } from './composition.ts';
import { loadOrchestratorConfig } from './config.ts';

await runProgram({
  name: 'orchestrator',
  title: 'Checkout sagas',
  command: 'node services/orchestrator/src/main.ts',
  configure: () => loadOrchestratorConfig(process.env),
  async open({ dataDir, policy }, { clock, ids, logger, onFatal }) {
    const lock = lockDirectory(dataDir, ['orchestrator']);
    const connected = connectEmbedded({ dataDir, clock, ids, logger, onFatal }, 'orchestrator', sagasTable);
    const { module, ...orchestrator } = composeOrchestrator({ ...connected, policy, clock, logger });
    return {
      ...orchestrator,
      modules: [module],
      async close() {
        await connected.close();
        lock.release();
      },
    };
  },
});
