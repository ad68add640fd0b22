import { type Clock, type Ids, UnavailableError } from '@checkout/kernel';
import {
  type Logger,
  type Metrics,
  observeProcess,
  type Running,
  type Startup,
  type TokenVerifier,
} from '@checkout/runtime';
import { type App, createApp, createOperationsApp } from './create-app.ts';
import { createMemoryRateLimiter } from './rate-limiter.memory.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { serve } from './serve.ts';
import { observeServices } from './observe-services.ts';
import type { ReadinessCheck, ServiceModule } from './service-module.ts';

/** One service or many, opened and wired: what a process serves, and the work that goes on behind it. */
export type Hosted = {
  readonly modules: readonly ServiceModule[];
  /** Ends open event streams, without which a server never finishes closing. */
  readonly endStreams?: () => void;
  /** Bounds what one caller may ask of the API, in place of the process's own. */
  readonly rateLimiter?: RateLimiter | undefined;
  /** What the process uses and can do without: shown in `/readyz`, and never required. */
  readonly dependencies?: () => readonly ReadinessCheck[];
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

export type Begun = {
  readonly waitsFor: Startup['waitsFor'];
  /** @throws ListenError when the address is taken or cannot be used */
  host(hosted: Hosted): Promise<Running & { readonly port: number; readonly opsPort?: number }>;
  /** For services that could not be opened or hosted. */
  end(): Promise<void>;
};

/** Of the paths under `/v1`. */
const apiVersion = '1.0.0';

/**
 * Serves the services and lets them work, until `stop`: readiness off, work ended while requests are still answered,
 * requests finished, then everything closed.
 *
 * @throws ListenError when the address is taken or cannot be used
 */
export async function hostServices({ hosted, ...options }: HostOptions): ReturnType<Begun['host']> {
  const begun = await beginHosting(options);
  try {
    return await begun.host(hosted);
  } catch (error) {
    await begun.end();
    throw error;
  }
}

/**
 * Serves the operations before there is a service: where they have a port of their own it answers from now on that the process
 * lives, and what it waits for. Without one, nothing is served before the services are.
 *
 * @throws ListenError when the operations' address is taken or cannot be used
 */
export async function beginHosting(options: Omit<HostOptions, 'hosted'>): Promise<Begun> {
  const { title, host, port, opsPort, clock, ids, logger, metrics, verifier, graceMs } = options;
  const common = { logger, clock, ids, title, version: apiVersion, verifier };
  let dependencies: NonNullable<Hosted['dependencies']> = () => [];
  const own = processModule(metrics, () => dependencies());
  const start = startModule(metrics);
  const operations = createFront(createOperationsApp({ ...common, services: [own, start.module] }));
  const opsServer = opsPort === undefined ? undefined : await serve({ app: operations, host, port: opsPort, clock });

  const serveAll: Begun['host'] = async (hosted) => {
    const { rateLimiter = limiterOf(options.rateLimitPerS), endStreams = () => {} } = hosted;
    const services = [own, ...hosted.modules];
    const app = createApp({ ...common, services, rateLimiter, hasOperationsApp: opsPort !== undefined });
    const server = await serve({ app, host, port, clock, endStreams });
    ({ dependencies = dependencies } = hosted);
    operations.become(createOperationsApp({ ...common, services }));
    await hosted.start();
    const observation = observeServices(hosted.modules, { clock, logger });
    return {
      port: server.port,
      ...(opsServer !== undefined && { opsPort: opsServer.port }),
      async stop() {
        app.drain();
        operations.drain();
        await Promise.all([observation.stop(), hosted.stop()]);
        await server.close(graceMs);
        // The last to go: as long as there is a process, somebody may ask how it is.
        await opsServer?.close(graceMs);
        await hosted.close();
      },
    };
  };
  return {
    waitsFor: start.waitsFor,
    host: serveAll,
    async end() {
      await opsServer?.close(0);
    },
  };
}

/** What is served at an address from the start: one app, and later another one in its place. */
function createFront(first: App): Pick<App, 'fetch' | 'drain'> & { become(next: App): void } {
  let current = first;
  return {
    fetch: (...parameters) => current.fetch(...parameters),
    drain: () => current.drain(),
    become(next) {
      current = next;
    },
  };
}

function limiterOf(perSecond: number | undefined): RateLimiter | undefined {
  return perSecond === undefined ? undefined : createMemoryRateLimiter({ perSecond });
}

/** The metrics that belong to the process and to no service, the requests that match no route, and what the process uses. */
function processModule(metrics: Metrics, dependencies: () => readonly ReadinessCheck[]): ServiceModule {
  observeProcess(metrics);
  return {
    name: 'process',
    errorCodes: {},
    metrics,
    routes: () => {},
    readiness: () => Promise.resolve({ ready: true, checks: dependencies() }),
  };
}

/** In place of services that are not open yet. */
function startModule(metrics: Metrics): { readonly module: ServiceModule; readonly waitsFor: Startup['waitsFor'] } {
  let waiting: ReadinessCheck = { name: 'start', ok: false, required: true };
  return {
    waitsFor(name, detail) {
      waiting = { name, ok: false, required: true, detail };
    },
    module: {
      name: 'start',
      errorCodes: {},
      metrics,
      routes: () => {},
      readiness: () => Promise.resolve({ ready: false, checks: [waiting] }),
      verifyLog: () => Promise.reject(new UnavailableError('the log is not open yet')),
    },
  };
}
