import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { resolve } from 'node:path';
import process from 'node:process';
import {
  createSystemClock,
  createUndiciHttpClient,
  integerVariable,
  loadConfig,
  providerUrlVariable,
  textVariable,
} from '@checkout/runtime';
import { createEndpointHandler, type LoggerTransport } from '@restatedev/restate-sdk';
import { z } from 'zod';
import { createCheckoutWorkflow } from './checkout-workflow.ts';
import { createProviders } from './providers.ts';
import { registerDeployment } from './register-deployment.ts';
import { startRestateServer } from './restate-server.ts';

const host = '127.0.0.1';
const environment = z.object({
  PORT: integerVariable({ min: 1, max: 65_531, default: 8090 }),
  DATA_DIR: textVariable({ default: '.data/restate' }),
  SANDBOX_URL: providerUrlVariable(),
});

/**
 * Runs a Restate server and, in this process, the checkout that it drives, until a SIGTERM or SIGINT. They take `PORT` and the
 * four behind it, so that a restart finds what it left: an order stays with the address of its handlers. `GET /readyz` is 200
 * when orders can be taken; `GET /ingress` says where, and which process Restate's is.
 */
async function main(): Promise<number> {
  const { PORT: port, DATA_DIR, SANDBOX_URL: sandboxUrl } = loadConfig(environment, process.env);
  const dataDir = resolve(DATA_DIR);
  mkdirSync(dataDir, { recursive: true });
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stopping.abort());

  const restate = startRestateServer(dataDir, port + 2);
  stopping.signal.addEventListener('abort', () => void restate.stop());
  if (stopping.signal.aborted) void restate.stop();
  const gone = new AbortController();
  const ending = restate.ended.finally(() => gone.abort());
  const httpClient = createUndiciHttpClient({ clock: createSystemClock() });
  const checkout = createCheckoutWorkflow(createProviders(httpClient, sandboxUrl));
  const endpoint = createHttp2Server(createEndpointHandler({ services: [checkout], logger: logErrors }));
  let isReady = false;
  const status = createServer((request, response) => {
    if (request.url === '/ingress') response.end(JSON.stringify({ url: restate.ingressUrl, pid: restate.pid }));
    else response.writeHead(isReady ? 200 : 503).end();
  });

  let failure = '';
  try {
    await listen(status, port);
    const deployment = `http://${host}:${await listen(endpoint, port + 1)}`;
    isReady = await registerDeployment(restate, deployment, gone.signal);
    const ended = await ending;
    if (!stopping.signal.aborted) failure = ended;
  } catch (error) {
    failure = messageOf(error);
    await restate.stop();
  }
  status.close();
  status.closeAllConnections();
  endpoint.close();
  await httpClient.close();
  if (failure === '') return 0;
  process.stderr.write(`Restate ${failure}\n`);
  return 1;
}

/** The SDK's own logger writes two lines for each order. */
const loggedLevels: ReadonlySet<string> = new Set(['error']);
const logErrors: LoggerTransport = ({ level }, ...said) => {
  if (loggedLevels.has(level)) process.stderr.write(`${said.map(String).join(' ')}\n`);
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
