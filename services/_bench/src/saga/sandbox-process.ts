import { fileURLToPath } from 'node:url';
import { type BenchContext, BenchError } from '../bench-context.ts';
import { type ServerProcess, startServer } from '../child/server-process.ts';

const entry = fileURLToPath(import.meta.resolve('../../../sandbox/src/main.ts'));
/** Parcels arrive with their dispatch. */
export const immediateDelivery = { SANDBOX_DELIVERY_MS: '0' } as const;
const faults = { psp: { webhookRate: 0 }, carrier: { webhookRate: 0 } };

/**
 * The providers in a process of their own, which answer at once.
 *
 * @throws BenchError, StoppedError
 */
export async function startSandbox(context: BenchContext, dataDir: string): Promise<ServerProcess> {
  const environment = { ...immediateDelivery, AUTH: 'off', OPS_PORT: '' };
  const server = await startServer(context, { entry, dataDir, environment });
  try {
    await withoutWebhooks(server.url);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Nobody is told by webhook what is known from the answer. @throws BenchError */
export async function withoutWebhooks(sandboxUrl: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const set = await fetch(`${sandboxUrl}/faults`, { method: 'PUT', headers, body: JSON.stringify(faults) });
  if (set.status !== 200) throw new BenchError(`the sandbox answered its setting with ${set.status}`);
}
