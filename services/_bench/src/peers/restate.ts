import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { installPackages } from '@checkout/tools/install';
import { z } from 'zod';
import { type BenchContext, BenchError, StoppedError } from '../bench-context.ts';
import { type ServerProcess, startServer } from '../child/server-process.ts';
import { type Connection, openConnection } from '../load/connection.ts';
import { createOrderRequests } from '../load/order-requests.ts';
import { checkBooks, readBooks } from '../saga/books.ts';
import { readProcessUsage } from './process-usage.ts';

/** Restate with the same checkout: a server of its own and the process with the handlers, of which `usage` is the sum. */
export type RestateUnderTest = ServerProcess & {
  /**
   * Places an order and waits for its end.
   * @param client so many orders are under way at once, each on a connection of its own
   * @returns its id
   * @throws BenchError when it ends otherwise than COMPLETED
   */
  complete(client: number): Promise<string>;
  /** @throws BenchError when the provider's books are not what the completed orders demand */
  checkMoney(): Promise<void>;
};

const entry = fileURLToPath(import.meta.resolve('../../peers/restate/main.ts'));
const IngressSchema = z.object({ url: z.url(), pid: z.int().min(1) });
const EndingSchema = z.object({ status: z.string() });

/**
 * Starts Restate on an empty directory. The first time its packages are downloaded, into its own directory.
 *
 * @param sandboxUrl the providers, without a slash at the end; nobody else may call them meanwhile
 * @throws BenchError, StoppedError, LaunchError
 */
export async function startRestate(context: BenchContext, sandboxUrl: string): Promise<RestateUnderTest> {
  const { workspace } = context;
  if (process.platform !== 'linux') throw new BenchError('what Restate uses can be read on Linux only');
  await install(context);
  const booksBefore = await readBooks(sandboxUrl);
  const dataDir = workspace.directory('restate');
  const server = await startServer(context, { entry, dataDir, environment: { SANDBOX_URL: sandboxUrl } });
  const { url, pid } = await ingressOf(server);
  const killRestate = () => killIfAlive(pid);
  const release = workspace.onAbruptEnd(killRestate);
  const connections: Connection[] = [];
  const nextRequest = createOrderRequests();
  let completed = 0;

  return {
    ...server,
    async usage() {
      const handlers = await server.usage();
      const restate = readProcessUsage(pid);
      return { cpuMs: handlers.cpuMs + restate.cpuMs, rssBytes: handlers.rssBytes + restate.rssBytes };
    },
    async complete(client) {
      const orderId = randomUUID();
      const connection = (connections[client] ??= openConnection(url));
      // No key: an order is placed at most once by its id.
      const { status, body } = await connection.post(`/checkout/${orderId}/run`, undefined, nextRequest().body);
      if (status !== 200 || EndingSchema.parse(JSON.parse(body)).status !== 'COMPLETED') {
        throw new BenchError(`order ${orderId} was answered with ${status}: ${body}`);
      }
      completed += 1;
      return orderId;
    },
    checkMoney: async () => checkBooks(booksBefore, await readBooks(sandboxUrl), completed),
    async stop() {
      await Promise.all(connections.map((connection) => connection.close()));
      await server.stop();
      killRestate();
      release();
      workspace.remove(dataDir);
    },
  };
}

async function install({ progress, signal }: BenchContext): Promise<void> {
  const during = <T>(text: string, work: () => Promise<T>): Promise<T> => {
    progress.say(`Restate: ${text.toLowerCase()}`);
    return work();
  };
  try {
    await installPackages(dirname(entry), { during });
  } catch (error) {
    throw signal.aborted ? new StoppedError() : error;
  }
}

async function ingressOf(server: ServerProcess): Promise<z.infer<typeof IngressSchema>> {
  const answer = await fetch(`${server.url}/ingress`);
  return IngressSchema.parse(await answer.json());
}

/** Restate outlives a process with the handlers that was ended by force. */
function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
