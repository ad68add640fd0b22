import type { Clock } from '@checkout/kernel';
import type { HttpClient, HttpRequest, HttpResult } from '../http-client.ts';

/** What answers in place of a server: an app's `fetch`. */
export type AppFetch = (request: Request) => Response | Promise<Response>;

/** A fault of the network between client and app, for one request; `undefined` lets it pass. */
export type NetworkFault =
  /** Nobody listens: the app sees nothing. */
  | 'refused'
  /** The app acts, its answer is lost. */
  | 'answer-lost'
  /** The app sees nothing and the client waits until its timeout. */
  | 'black-hole';

export type AppHttpClientOptions = {
  readonly clock: Clock;
  /** By origin (`http://psp.test`); an origin that is not here refuses connections. */
  readonly apps: Readonly<Record<string, AppFetch>>;
  readonly faultOf?: (request: HttpRequest) => NetworkFault | undefined;
  readonly maxResponseBytes?: number;
};

/**
 * The in-memory twin of the undici client: requests go straight to an app, timeouts run on the given clock. An app that
 * throws stands for a connection that was reset. The app's `request.signal` is aborted when the client gives up.
 */
export function createAppHttpClient(options: AppHttpClientOptions): HttpClient {
  const { clock, apps, faultOf = () => undefined, maxResponseBytes = 1_048_576 } = options;
  const closing = new AbortController();

  const answerOf = async (app: AppFetch, request: HttpRequest, signal: AbortSignal): Promise<HttpResult> => {
    try {
      const response = await app(
        new Request(request.url, {
          method: request.method,
          headers: { ...request.headers },
          signal,
          ...(request.body !== undefined && { body: request.body }),
        }),
      );
      const body = await response.text();
      if (Buffer.byteLength(body) > maxResponseBytes) return { kind: 'no-answer', reason: 'response-too-large' };
      return { kind: 'response', status: response.status, headers: Object.fromEntries(response.headers), body };
    } catch {
      return { kind: 'no-answer', reason: 'reset' };
    }
  };

  return {
    async send(request) {
      if (closing.signal.aborted) return { kind: 'not-sent', reason: 'closed' };
      if (request.signal?.aborted) return { kind: 'not-sent', reason: 'aborted' };
      const app = apps[new URL(request.url).origin];
      const fault = faultOf(request);
      if (app === undefined || fault === 'refused') return { kind: 'not-sent', reason: 'connect-failed' };
      const givenUp = new AbortController();
      const silence = silenceOf(request, clock, closing.signal);
      const answer = fault === 'black-hole' ? silence.result : answerOf(app, request, givenUp.signal);
      try {
        const result = await Promise.race([answer, silence.result]);
        return fault === 'answer-lost' ? { kind: 'no-answer', reason: 'reset' } : result;
      } finally {
        silence.dispose();
        givenUp.abort();
      }
    },
    async close() {
      closing.abort();
    },
  };
}

/** Resolves when the client stops waiting: its timeout, its caller's signal, or its own end. */
function silenceOf(request: HttpRequest, clock: Clock, closing: AbortSignal) {
  const { promise: result, resolve } = Promise.withResolvers<HttpResult>();
  const onAbort = () => resolve({ kind: 'no-answer', reason: 'aborted' });
  const onClose = () => resolve({ kind: 'no-answer', reason: 'reset' });
  const cancelTimer = clock.setTimer(request.timeoutMs, () => resolve({ kind: 'no-answer', reason: 'timeout' }));
  request.signal?.addEventListener('abort', onAbort, { once: true });
  closing.addEventListener('abort', onClose, { once: true });
  const dispose = () => {
    cancelTimer();
    request.signal?.removeEventListener('abort', onAbort);
    closing.removeEventListener('abort', onClose);
  };
  return { result, dispose };
}
