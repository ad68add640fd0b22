import { type Clock, type Ids, isTraceparent, newTraceparent, traceIdOf } from '@checkout/kernel';
import {
  type CounterMetric,
  type HistogramMetric,
  latencyBucketsSeconds,
  type Logger,
  type Metrics,
} from '@checkout/runtime';
import { beginSpan, type SpanDescription, type WorkSpan } from '@checkout/telemetry';
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { ApiContext, ApiEnv, RequestState } from './api-app.ts';
import { anybody } from './caller.ts';
import { isDropped } from './drop-connection.ts';
import type { ErrorCodes } from './error-codes.ts';

export type AccessOptions = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly errorCodes: ErrorCodes;
  /** The service that owns a route; none owns the operations and what is not there. */
  readonly ownerOf: (route: string) => RouteOwner | undefined;
  /** Counts what no service owns. */
  readonly metrics: Metrics;
  /** Milliseconds that a request may take. */
  readonly requestTimeoutMs: number;
};

export type RouteOwner = { readonly name: string; readonly metrics: Metrics };

/** What an answer of the API needs no matter which route gave it. A page may have set its own policy. */
const securityHeaders = Object.entries({
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
});

/** Longer or stranger ids could forge log lines or fill them. */
const saneRequestId = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Around every request: its id, its deadline, the security headers, its span, its metrics and its log line. One layer and not
 * six, because each layer costs every request a promise.
 */
export function trackRequests(options: AccessOptions): MiddlewareHandler<ApiEnv> {
  const { clock, ids, logger, errorCodes, ownerOf, metrics, requestTimeoutMs } = options;
  const instrumentsOf = createInstruments((route) => ownerOf(route)?.metrics ?? metrics);
  return async (c, next) => {
    const startedAtMs = clock.monotonic();
    const given = c.req.header('x-request-id');
    const id = given !== undefined && saneRequestId.test(given) ? given : ids.uuid();
    const sent = c.req.header('traceparent');
    const parent = sent !== undefined && isTraceparent(sent) ? sent : undefined;
    const { method } = c.req;
    const route = labelOf(c);
    const owner = ownerOf(route);
    const span = owner && beginSpan(() => describeRequest(c, { service: owner.name, method, route, parent }));
    const traceparent = span?.traceparent ?? parent ?? newTraceparent(ids.uuid());
    const deadlineMs = startedAtMs + requestTimeoutMs;
    const request = createRequestState(c, clock, { id, traceparent, deadlineMs, errorCodes, caller: anybody });
    c.set('request', request.state);
    try {
      await (span === undefined ? next() : span.run(next));
    } finally {
      request.dispose();
      if (span !== undefined) endSpan(span, c);
    }

    if (isDropped(c.res)) return;
    const { headers, status } = c.res;
    headers.set('X-Request-Id', id);
    for (const [name, value] of securityHeaders) if (!headers.has(name)) headers.set(name, value);
    const durationMs = clock.monotonic() - startedAtMs;
    instrumentsOf(route).observe(method, status, durationMs);
    const fields = { requestId: id, traceId: traceIdOf(traceparent), method, route, status, durationMs };
    if (status < 500) logger.debug('request answered', fields);
    else if (c.error === undefined) logger.warn('request refused', fields);
    else logger.error('request failed', { ...fields, err: c.error });
  };
}

/** The pattern of the matched route, never the path: an id in a label would make a time series per order. */
function labelOf(c: ApiContext): string {
  const pattern = routePath(c, -1);
  return pattern.endsWith('*') ? 'unmatched' : pattern;
}

function describeRequest(
  c: ApiContext,
  { service, method, route, parent }: { service: string; method: string; route: string; parent: string | undefined },
): SpanDescription {
  const attributes = { 'http.request.method': method, 'http.route': route, 'url.path': c.req.path };
  return { name: `${method} ${route}`, kind: 'server', service, parent, attributes };
}

function endSpan(span: WorkSpan, c: ApiContext): void {
  const { status } = c.res;
  span.set({ 'http.response.status_code': status });
  if (isDropped(c.res)) span.fail('no answer');
  else if (status >= 500) span.fail(c.error?.name ?? String(status));
  span.end();
}

function createRequestState(
  c: ApiContext,
  clock: Clock,
  known: Omit<RequestState, 'signal'>,
): { readonly state: RequestState; dispose(): void } {
  let cancelTimer = () => {};
  let signal: AbortSignal | undefined;
  const createSignal = () => {
    const deadline = new AbortController();
    cancelTimer = clock.setTimer(known.deadlineMs - clock.monotonic(), () => deadline.abort());
    return AbortSignal.any([c.req.raw.signal, deadline.signal]);
  };
  return { state: { ...known, signal: () => (signal ??= createSignal()) }, dispose: () => cancelTimer() };
}

type Instruments = { observe(method: string, status: number, durationMs: number): void };

/** Rate, errors and duration by route. The set of routes is closed, so the instruments are looked up once per route. */
function createInstruments(metricsOf: (route: string) => Metrics): (route: string) => Instruments {
  const byRoute = new Map<string, Instruments>();
  const create = (route: string): Instruments => {
    const metrics = metricsOf(route);
    const total: CounterMetric = metrics.counter({
      name: 'http_requests_total',
      help: 'Answered requests by route, method and status.',
      labels: ['route', 'method', 'status'],
    });
    const seconds: HistogramMetric = metrics.histogram({
      name: 'http_request_seconds',
      help: 'Time from the end of the request head to the answer, by route and method.',
      labels: ['route', 'method'],
      buckets: latencyBucketsSeconds,
    });
    return {
      observe(method, status, durationMs) {
        total.add({ route, method, status: String(status) });
        seconds.observe(durationMs / 1000, { route, method });
      },
    };
  };
  return (route) => {
    const known = byRoute.get(route) ?? create(route);
    byRoute.set(route, known);
    return known;
  };
}
