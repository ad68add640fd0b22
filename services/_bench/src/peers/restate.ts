import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { freePorts } from '@checkout/runtime';
import { installPackages } from '@checkout/tools/install';
import { z } from 'zod';
import { type BenchContext, BenchError, StoppedError } from '../bench-context.ts';
import { type ServerProcess, startServer } from '../child/server-process.ts';
import { type Connection, openConnection } from '../load/connection.ts';
import type { OrderRequest } from '../load/order-requests.ts';
import { checkBooks, readBooks } from '../saga/books.ts';
import type { OrderClients, OrderSystem } from '../saga/order-system.ts';
import { startSandbox } from '../saga/sandbox-process.ts';
import { readProcessUsage } from './process-usage.ts';

const entry = fileURLToPath(import.meta.resolve('../../peers/restate/main.ts'));
const IngressSchema = z.object({ url: z.url(), pid: z.int().min(1) });
const EndingSchema = z.object({ status: z.string() });

/** Besides its own, `main.ts` takes the ports behind it. */
const portsInAll = 5;
const accepted = 202;

/**
 * Starts Restate with the same checkout, and providers of its own: a server, and the process with the handlers, of which
 * `usage` is the sum. The first time its packages are downloaded, into its own directory.
 *
 * @throws BenchError, StoppedError
 */
export async function startRestate(context: BenchContext): Promise<OrderSystem> {
  const { workspace } = context;
  if (process.platform !== 'linux') throw new BenchError('what Restate uses can be read on Linux only');
  await install(context);
  const sandboxDir = workspace.directory('sandbox');
  const dataDir = workspace.directory('restate');
  const sandbox = await startSandbox(context, sandboxDir);
  const port = await freePorts(portsInAll);
  const start = async () => {
    const server = await startServer(context, { entry, dataDir, port, environment: { SANDBOX_URL: sandbox.url } });
    return { server, ...(await ingressOf(server)) };
  };
  let running: Awaited<ReturnType<typeof start>>;
  try {
    running = await start();
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
  const killServer = () => killIfAlive(running.pid);
  const release = workspace.onAbruptEnd(killServer);

  return {
    async usage() {
      const handlers = await running.server.usage();
      const restate = readProcessUsage(running.pid);
      return {
        cpuMs: handlers.cpuMs + restate.cpuMs,
        rssBytes: handlers.rssBytes + restate.rssBytes,
        byProcess: { 'restate-server': restate, handlers },
      };
    },
    providersUrl: sandbox.url,
    openClients: (count, nextRequest) => openClients(running.url, sandbox.url, count, nextRequest),
    async kill() {
      killServer();
      await running.server.kill();
    },
    async restart() {
      running = await start();
    },
    async stop() {
      await running.server.stop();
      killServer();
      release();
      await sandbox.stop();
      workspace.remove(dataDir);
      workspace.remove(sandboxDir);
    },
  };
}

async function openClients(
  url: string,
  sandboxUrl: string,
  count: number,
  nextRequest: () => OrderRequest,
): Promise<OrderClients> {
  const booksBefore = await readBooks(sandboxUrl);
  const connections = Array.from({ length: count }, () => openConnection(url));
  let completed = 0;
  // No key: an order is placed at most once by its id.
  const post = (client: number, path: string, body: string) =>
    (connections[client] as Connection).post(path, undefined, body);
  return {
    async place(client) {
      const { status, body } = await post(client, `/checkout/${randomUUID()}/run/send`, nextRequest().body);
      if (status !== accepted) throw new BenchError(`an order was answered with ${status}: ${body}`);
      return true;
    },
    async complete(client) {
      const orderId = randomUUID();
      const request = nextRequest();
      const { status, body } = await post(client, `/checkout/${orderId}/run`, request.body);
      const wanted = request.isRefused ? 'FAILED' : 'COMPLETED';
      if (status !== 200 || EndingSchema.parse(JSON.parse(body)).status !== wanted) {
        throw new BenchError(`order ${orderId} was answered with ${status}: ${body}`);
      }
      if (!request.isRefused) completed += 1;
      return orderId;
    },
    checkMoney: async () => checkBooks(booksBefore, await readBooks(sandboxUrl), completed),
    async close() {
      await Promise.all(connections.map((connection) => connection.close()));
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
