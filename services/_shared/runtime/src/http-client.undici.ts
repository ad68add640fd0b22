import type { Clock } from '@checkout/kernel';
import { type Dispatcher, Pool } from 'undici';
import type { HttpClient, HttpFailure, HttpRequest, HttpResult } from './http-client.ts';

export type UndiciHttpClientOptions = {
  readonly clock: Clock;
  /** Connections per origin; requests beyond it wait for one within their own timeout. */
  readonly maxConnections?: number;
  readonly maxResponseBytes?: number;
  readonly connectTimeoutMs?: number;
};

/** Below the 5 s after which Node's HTTP servers drop an idle connection, so that a request rarely meets a dying one. */
const keepAliveMs = 4_000;
/** Origins come from configuration; more of them than this is a defect. */
const maxOrigins = 32;

/** An `HttpClient` on undici: one keep-alive pool per origin, no pipelining, bounded response bodies. */
export function createUndiciHttpClient(options: UndiciHttpClientOptions): HttpClient {
  const { clock, maxConnections = 256, maxResponseBytes = 1_048_576, connectTimeoutMs = 2_000 } = options;
  const pools = new Map<string, Pool>();
  let closed = false;

  const poolOf = (origin: string): Pool => {
    const known = pools.get(origin);
    if (known !== undefined) return known;
    if (pools.size >= maxOrigins) throw new Error(`more than ${maxOrigins} HTTP origins`);
    const pool = new Pool(origin, {
      connections: maxConnections,
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      connect: { timeout: connectTimeoutMs },
      // One timer per request covers headers and body; undici's own have a resolution of a second.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    pools.set(origin, pool);
    return pool;
  };

  return {
    async send(request) {
      if (closed) return { kind: 'not-sent', reason: 'closed' };
      if (request.signal?.aborted) return { kind: 'not-sent', reason: 'aborted' };
      const url = new URL(request.url);
      return exchange(poolOf(url.origin), url, request, clock, maxResponseBytes);
    },
    async close() {
      closed = true;
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}

/**
 * `onRequestStart` runs right before the first byte is written, so whether it ran is the exact border between `not-sent`
 * and `no-answer`: error codes alone cannot tell a request that timed out waiting for a connection from one under way.
 */
function exchange(
  pool: Pool,
  url: URL,
  request: HttpRequest,
  clock: Clock,
  maxResponseBytes: number,
): Promise<HttpResult> {
  return new Promise((resolve) => {
    let controller: Dispatcher.DispatchController | undefined;
    let settled = false;
    let head: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | undefined;
    const chunks: Buffer[] = [];
    let receivedBytes = 0;

    const settle = (result: HttpResult) => {
      if (settled) return;
      settled = true;
      cancelTimer();
      request.signal?.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const fail = (reason: HttpFailure) => {
      settle({ kind: controller === undefined ? 'not-sent' : 'no-answer', reason });
      controller?.abort(new Error(reason));
    };
    const onAbort = () => fail('aborted');
    const cancelTimer = clock.setTimer(request.timeoutMs, () => fail('timeout'));
    request.signal?.addEventListener('abort', onAbort, { once: true });

    pool.dispatch(
      {
        method: request.method,
        path: `${url.pathname}${url.search}`,
        headers: { ...request.headers },
        body: request.body ?? null,
      },
      {
        onRequestStart(started) {
          // Given up while it waited for a connection: throwing here keeps it from being written.
          if (settled) throw new Error('given up before it was sent');
          controller = started;
        },
        onResponseStart(_controller, status, headers) {
          head = { status, headers: flatten(headers) };
        },
        onResponseData(_controller, chunk) {
          receivedBytes += chunk.length;
          if (receivedBytes > maxResponseBytes) fail('response-too-large');
          else chunks.push(chunk);
        },
        onResponseEnd() {
          if (head !== undefined) settle({ kind: 'response', ...head, body: Buffer.concat(chunks).toString('utf8') });
        },
        onResponseError() {
          fail(controller === undefined ? 'connect-failed' : 'reset');
        },
      },
    );
  });
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Readonly<Record<string, string>> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return flat;
}
