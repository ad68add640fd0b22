import type { Clock, Ids } from '@checkout/kernel';
import { type Logger, type Metrics, observeProcess, type Running, type TokenVerifier } from '@checkout/runtime';
import { createApp, createOperationsApp } from './create-app.ts';
import { createMemoryRateLimiter } from './rate-limiter.memory.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { type HttpServer, serve, type ServeOptions } from './serve.ts';
import type { ServiceModule } from './service-module.ts';

/** One service or many, opened and wired: what a process serves, and the work that goes on behind it. */
export type Hosted = {
  readonly modules: readonly ServiceModule[];
  /** Ends open event streams, without which a server never finishes closing. */
  readonly endStreams?: () => void;
  /** Bounds what one caller may ask of the API, in place of the process's own. */
  readonly rateLimiter?: RateLimiter | undefined;
  /** Begins the work. Called when the port answers, because providers may be served by the same process. */
  readonly start: () => Promise<void>;
  /** Ends the work. Requests are answered until it has resolved, so that calls to the same process find an answer. */
  readonly stop: () => Promise<void>;
  /** Lets go of everything: nothing calls it any more. */
  readonly close: () => Promise<void>;
};

export type HostOptions = {
  readonly hosted: Hosted;
  /** Of the API document and the start page. */
  readonly title: string;
  readonly host: string;
  readonly port: number;
  /** Where the operations are served, and only there; without it, at `port`. */
  readonly opsPort?: number | undefined;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** The process's own, of its logger for one; shown beside the services'. */
  readonly metrics: Metrics;
  /** How long running requests may take to finish when the server closes, in milliseconds. */
  readonly graceMs: number;
  /** Requests per caller and second; without it, nobody is bounded. */
  readonly rateLimitPerS?: number | undefined;
  /** Tells who calls; without it, nobody is asked. */
  readonly verifier?: TokenVerifier | undefined;
};

/** Of the paths under `/v1`. */
const apiVersion = '1.0.0';

/**
 * Serves the services and lets them work, until `stop`: readiness off, work ended while requests are still answered,
 * requests finished, then everything closed.
 *
 * @throws ListenError when the address is taken or cannot be used
 */
export async function hostServices(
  options: HostOptions,
): Promise<Running & { readonly port: number; readonly opsPort?: number }> {
  const { hosted, title, host, port, opsPort, clock, ids, logger, metrics, verifier, graceMs } = options;
  const services = [processModule(metrics), ...hosted.modules];
  const { rateLimiter = limiterOf(options.rateLimitPerS), endStreams = () => {} } = hosted;
  const common = { services, logger, clock, ids, title, version: apiVersion, verifier };
  const app = createApp({ ...common, rateLimiter, hasOperationsApp: opsPort !== undefined });
  const operations = opsPort === undefined ? undefined : { app: createOperationsApp(common), port: opsPort };

  const server = await serve({ app, host, port, clock, endStreams });
  const opsServer = operations && (await serveBeside(server, { ...operations, host, clock }));
  await hosted.start();
  return {
    port: server.port,
    ...(opsServer !== undefined && { opsPort: opsServer.port }),
    async stop() {
      app.drain();
      operations?.app.drain();
      await hosted.stop();
      await server.close(graceMs);
      // The last to go: as long as there is a process, somebody may ask how it is.
      await opsServer?.close(graceMs);
      await hosted.close();
    },
  };
}

/** @throws ListenError when the address is taken or cannot be used; then nothing is listened on any more */
async function serveBeside(server: HttpServer, options: ServeOptions): Promise<HttpServer> {
  try {
    return await serve(options);
  } catch (error) {
    await server.close(0);
    throw error;
  }
}

function limiterOf(perSecond: number | undefined): RateLimiter | undefined {
  return perSecond === undefined ? undefined : createMemoryRateLimiter({ perSecond });
}

/** The metrics that belong to the process and to no service, and the requests that match no route. */
function processModule(metrics: Metrics): ServiceModule {
  observeProcess(metrics);
  return {
    name: 'process',
    errorCodes: {},
    metrics,
    routes: () => {},
    readiness: () => Promise.resolve({ ready: true, checks: [] }),
  };
}
