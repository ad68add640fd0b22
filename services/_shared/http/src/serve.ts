import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Clock } from '@checkout/kernel';
import type { App } from './create-app.ts';

export type ServeOptions = {
  readonly app: Pick<App, 'fetch' | 'drain'>;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly clock: Clock;
  /** Ends open event streams, without which a server never finishes closing. */
  readonly endStreams?: () => void;
};

export type HttpServer = {
  readonly host: string;
  readonly port: number;
  /**
   * Stops accepting, ends event streams, lets running requests finish for at most `graceMs`, then cuts what is left.
   * Idempotent.
   */
  readonly close: (graceMs: number) => Promise<void>;
};

/** The address cannot be listened on. `message` is one line for people. */
export class ListenError extends Error {
  readonly code: 'address-in-use' | 'listen-failed';
  readonly host: string;
  readonly port: number;

  constructor(code: ListenError['code'], host: string, port: number, reason: string) {
    super(
      code === 'address-in-use' ? `port ${port} on ${host} is taken` : `cannot listen on ${host}:${port}: ${reason}`,
    );
    this.name = 'ListenError';
    this.code = code;
    this.host = host;
    this.port = port;
  }
}

/** Against clients that dribble: each bounds what one connection can hold. */
const limits = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Longer than proxies keep a connection that they reuse, 60 s as a rule: who closes first loses what is just being sent.
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 5_000,
} as const;
const maxConnections = 10_000;
const drainPollMs = 10;

/** @throws ListenError when the address is taken or cannot be used */
export async function serve(options: ServeOptions): Promise<HttpServer> {
  const { app, host, clock, endStreams = () => {} } = options;
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions: limits }) as Server;
  server.maxConnections = maxConnections;
  const running = countRequests(server);
  await listen(server, host, options.port);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;

  const close = async (graceMs: number) => {
    app.drain();
    const closed = new Promise((resolve) => server.close(resolve));
    endStreams();
    const untilMs = clock.monotonic() + graceMs;
    while (running() > 0 && clock.monotonic() < untilMs) await clock.sleep(drainPollMs);
    server.closeAllConnections();
    await closed;
  };
  let closing: Promise<void> | undefined;
  return { host, port, close: (graceMs) => (closing ??= close(graceMs)) };
}

function countRequests(server: Server): () => number {
  let running = 0;
  server.on('request', (_request, response) => {
    running += 1;
    response.once('close', () => {
      running -= 1;
    });
  });
  return () => running;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'address-in-use' : 'listen-failed';
      reject(new ListenError(code, host, port, error.message));
    });
    server.listen(port, host, resolve);
  });
}
