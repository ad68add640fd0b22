import { OpenAPIHono } from '@hono/zod-openapi';
import { type Clock, domainError, type Ids, UnavailableError } from '@checkout/kernel';
import type { Logger, TokenVerifier } from '@checkout/runtime';
import { HTTPException } from 'hono/http-exception';
import { trackRequests } from './access.ts';
import { type AccessTable, createAccessTable } from './access-table.ts';
import type { ApiApp, ApiContext, ApiEnv } from './api-app.ts';
import { mountDeadLetters } from './dead-letters.ts';
import { mountDocs } from './docs/mount-docs.ts';
import { ConnectionResetError } from './drop-connection.ts';
import { commonErrorCodes, type ErrorCodes, mergeErrorCodes } from './error-codes.ts';
import { identifyCaller } from './identify-caller.ts';
import { limitRate } from './limit-rate.ts';
import { mountOperations, operationsAccess } from './operations.ts';
import { problem } from './problem.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { requireScopes } from './require-scopes.ts';
import type { ServiceModule } from './service-module.ts';
import { validationHook } from './validation.ts';

export type AppOptions = {
  /** At least one. Requests that match no route are counted to the first. */
  readonly services: readonly ServiceModule[];
  readonly logger: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Of the API document: what this process is called. */
  readonly title: string;
  readonly version: string;
  /** The deadline of a request, in milliseconds after its head was read. */
  readonly requestTimeoutMs?: number;
  /** Bounds what one caller may ask of the API. Without it, nobody is bounded. */
  readonly rateLimiter?: RateLimiter | undefined;
  /** Tells who calls, by their tokens. Without it, nobody is asked and everybody may do everything. */
  readonly verifier?: TokenVerifier | undefined;
  /** Whether health, metrics and the rest of the operations are served by another app, of `createOperationsApp`. */
  readonly hasOperationsApp?: boolean;
};

export type App = {
  readonly fetch: ApiApp['fetch'];
  /** For tests: `app.request('/v1/orders', {...})`. */
  readonly request: ApiApp['request'];
  /** From now on `/readyz` answers 503, so that nobody sends new work. Idempotent. */
  drain(): void;
};

const defaultRequestTimeoutMs = 30_000;

/**
 * One HTTP app for one service or for many: their routes, the documentation and the operations, behind one layer of
 * request ids, limits, problems, security headers, metrics and logs.
 *
 * @throws Error at start for what can only be a defect: clashing error codes, a route that names an unknown code, would
 *   ignore unknown fields or, when callers are asked who they are, does not say who may use it
 */
export function createApp(options: AppOptions): App {
  const { hasOperationsApp = false } = options;
  const errorCodes = errorCodesOf(options);
  const owners = new Map<string, ServiceModule>();
  const app = createBareApp(options, errorCodes, owners);
  return guarded(app, options, (table) => {
    const draining = hasOperationsApp ? createDraining() : mountOwnOperations(app, options, table, 'shared');
    mountApi(app, options, owners);
    mountOwnDocs(app, options, errorCodes, table);
    return draining;
  });
}

/**
 * The operations alone, for a port that the public does not reach. There, metrics are for everybody: a scraper has no token.
 *
 * @throws Error at start for clashing error codes
 */
export function createOperationsApp(options: AppOptions): App {
  const app = createBareApp(options, errorCodesOf(options), new Map());
  return guarded(app, { verifier: options.verifier }, (table) => mountOwnOperations(app, options, table, 'own'));
}

function errorCodesOf({ services }: AppOptions): ErrorCodes {
  return mergeErrorCodes([commonErrorCodes, ...services.map((service) => service.errorCodes)]);
}

/** What is public, and therefore bounded per caller; operations and documentation are not. */
const limitedPaths = '/v1/*';

/**
 * Puts in front of all that `mount` mounts: who calls, whether they call too often, whether they may. In this order, so that
 * a caller who proves who they are is counted as that, and one who fails to is counted all the same.
 */
function guarded(
  app: ApiApp,
  { verifier, rateLimiter }: Pick<AppOptions, 'verifier' | 'rateLimiter'>,
  mount: (table: AccessTable) => Draining,
): App {
  const table = createAccessTable(app);
  if (verifier !== undefined) app.use('*', identifyCaller(verifier, table.of));
  if (rateLimiter !== undefined) app.use(limitedPaths, limitRate(rateLimiter));
  if (verifier !== undefined) app.use('*', requireScopes(table.of));
  const { drain } = mount(table);
  if (verifier !== undefined) table.close();
  return { fetch: app.fetch, request: app.request, drain };
}

type Draining = { readonly isDraining: () => boolean; readonly drain: () => void };

function createDraining(): Draining {
  let isDraining = false;
  return {
    isDraining: () => isDraining,
    drain() {
      isDraining = true;
    },
  };
}

function mountOwnOperations(
  app: ApiApp,
  { services, clock }: AppOptions,
  table: AccessTable,
  port: 'shared' | 'own',
): Draining {
  const draining = createDraining();
  mountOperations(app, { services, clock, isDraining: draining.isDraining });
  table.declare(operationsAccess(port));
  return draining;
}

function mountOwnDocs(app: ApiApp, options: AppOptions, errorCodes: ErrorCodes, table: AccessTable): void {
  const { services, title, version, verifier, hasOperationsApp = false } = options;
  const known = app.routes.length;
  const asksCallers = verifier !== undefined;
  mountDocs(app, { title, version, errorCodes, services, asksCallers, hasOperations: !hasOperationsApp });
  for (const { path } of app.routes.slice(known)) table.declare({ [path]: 'public' });
}

/** Everything for the public: the services' routes and the dead letters. */
function mountApi(app: ApiApp, { services }: AppOptions, owners: Map<string, ServiceModule>): void {
  for (const service of services) {
    const known = app.routes.length;
    service.routes(app);
    for (const route of app.routes.slice(known)) owners.set(route.path, service);
  }
  mountDeadLetters(app, services);
}

function createBareApp(
  options: AppOptions,
  errorCodes: ErrorCodes,
  owners: ReadonlyMap<string, ServiceModule>,
): ApiApp {
  const { services, logger, clock, ids, requestTimeoutMs = defaultRequestTimeoutMs } = options;
  const [first] = services;
  if (first === undefined) throw new Error('an app needs at least one service');
  const app: ApiApp = new OpenAPIHono<ApiEnv>({ defaultHook: validationHook });
  const ownerOf = (route: string) => owners.get(route);
  const { metrics } = first;
  app.use('*', trackRequests({ clock, ids, logger, errorCodes, ownerOf, metrics, requestTimeoutMs }));
  app.notFound((c) => answerUnrouted(app, c));
  app.onError(answerError);
  return app;
}

const routedMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** 404 for an unknown path, 405 for a known one with another method, and the list of methods for OPTIONS. */
function answerUnrouted(app: ApiApp, c: ApiContext): Response {
  const isRouted = (method: string) =>
    app.router.match(method, c.req.path)[0].some(([[, route]]) => route.method !== 'ALL');
  const methods = routedMethods.filter(isRouted);
  if (methods.length === 0) return problem(c, domainError('not-found', 'there is nothing at this path'));
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  if (c.req.method === 'OPTIONS') return c.body(null, 204, { Allow: allow });
  return problem(c, domainError('method-not-allowed', `${c.req.method} does not apply here`), { Allow: allow });
}

/** Whatever it was, the caller learns a code and a request id; the log line of the request has the rest. */
function answerError(error: Error, c: ApiContext): Response {
  if (error instanceof ConnectionResetError) throw error;
  if (error instanceof HTTPException && error.status === 400) {
    return problem(c, domainError('malformed-json', 'the body is not valid JSON'));
  }
  const code = error instanceof UnavailableError ? 'unavailable' : 'internal';
  return problem(c, domainError(code, commonErrorCodes[code].explanation));
}
