import process from 'node:process';
import { connectService } from '@checkout/hosting';
import { runProgram } from '@checkout/http';
import { createMetrics } from '@checkout/runtime';
import { composeOrchestrator, sagasTable } from './composition.ts';
import { loadOrchestratorConfig } from './config.ts';

const migrations = new URL('../drizzle/', import.meta.url);

await runProgram({
  name: 'orchestrator',
  title: 'Checkout sagas',
  command: 'node services/orchestrator/src/main.ts',
  configure: () => loadOrchestratorConfig(process.env),
  async open(config, parts) {
    const { clock, logger } = parts;
    const metrics = createMetrics('orchestrator');
    const connected = await connectService(
      config,
      { ...parts, metrics },
      { service: 'orchestrator', table: sagasTable, migrations },
    );
    const { module, ...orchestrator } = composeOrchestrator({
      ...connected,
      policy: config.policy,
      clock,
      logger,
      metrics,
    });
    return {
      ...connected.hosted(orchestrator),
      modules: [module],
      async close() {
        await connected.close();
      },
    };
  },
});
