import type { Clock, Random } from '@checkout/kernel';
import type { HttpClient, HttpMethod, HttpResponse, HttpResult } from '@checkout/runtime';

export type Answer = { readonly status: number; readonly body: unknown };

/** The run was asked to stop. */
export class StoppedError extends Error {
  constructor() {
    super('stopped');
    this.name = 'StoppedError';
  }
}

/** A request found no answer in all the time that it had. `message` is one line for people. */
class PlatformGoneError extends Error {
  constructor(name: string, request: string, lastStatus: number | undefined) {
    const heard = lastStatus === undefined ? 'nothing' : `${lastStatus} in the end`;
    super(`${name} gave no usable answer to ${request} for ${maxWaitMs / 1000} s (${heard}): gave up`);
    this.name = 'PlatformGoneError';
  }
}

export type ClientStats = {
  /** Requests that were sent again. */
  readonly repeated: number;
  /** Time in which the platform did not answer, milliseconds. */
  readonly awayMs: number;
};

/** Talks to a platform that may be overloaded, killed and started again meanwhile. */
export type PlatformClient = {
  /**
   * Sends until there is an answer that repeating would not change: everything but no answer, 429, 5xx and whatever has a
   * `Retry-After`. All that is sent through here may be repeated: it is a read, or carries a key, or changes nothing twice.
   *
   * @throws StoppedError, PlatformGoneError
   */
  readonly send: (method: HttpMethod, path: string, options?: RequestOptions) => Promise<Answer>;
  readonly get: (path: string, options?: Pick<RequestOptions, 'timeoutMs'>) => Promise<Answer>;
  readonly stats: () => ClientStats;
};

export type RequestOptions = {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of one try. */
  readonly timeoutMs?: number;
};

export type PlatformClientDeps = {
  /** What the platform is called in what is said about it. */
  readonly name: string;
  /** Where to send a request for a path, asked anew for each try. */
  readonly addressOf: (path: string) => string;
  readonly httpClient: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends whatever is under way. */
  readonly signal: AbortSignal;
  /** Told when the platform stops answering and when it is back. */
  readonly say: (line: string) => void;
};

const requestTimeoutMs = 10_000;
const probeEveryMs = 500;
/** People restart a platform within this time, or not at all. */
const maxWaitMs = 300_000;
const retryBaseMs = 100;
const retryCapMs = 5_000;

export function createPlatformClient(deps: PlatformClientDeps): PlatformClient {
  const { name, addressOf, httpClient, clock, random, signal, say } = deps;
  let repeated = 0;
  let awayMs = 0;
  let absence: Promise<void> | undefined;

  const exchange = (
    method: HttpMethod,
    path: string,
    { body, headers, timeoutMs = requestTimeoutMs }: RequestOptions,
  ) =>
    httpClient.send({
      method,
      url: addressOf(path),
      headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      timeoutMs,
      signal,
    });

  /** One probe for all who wait. */
  const waitUntilReady = async () => {
    const sinceMs = clock.monotonic();
    let hasSaid = false;
    for (;;) {
      const result = await exchange('GET', '/readyz', {});
      const goneMs = clock.monotonic() - sinceMs;
      if (result.kind === 'response' && result.status === 200) {
        if (hasSaid) say(`${name} is back after ${Math.round(goneMs / 1000)} s`);
        awayMs += hasSaid ? goneMs : 0;
        return;
      }
      refuseIfStopped(signal);
      if (!hasSaid) say(`${name} does not answer, waiting for it to come back ...`);
      hasSaid = true;
      if (goneMs > maxWaitMs) throw new PlatformGoneError(name, 'GET /readyz', undefined);
      await clock.sleep(probeEveryMs, signal);
    }
  };

  const untilReady = () => (absence ??= waitUntilReady().finally(() => (absence = undefined)));

  const send: PlatformClient['send'] = async (method, path, options = {}) => {
    const untilMs = clock.monotonic() + maxWaitMs;
    for (let attempt = 1; ; attempt += 1) {
      await absence;
      refuseIfStopped(signal);
      const result = await exchange(method, path, options);
      if (result.kind === 'response' && !isPassing(result)) return { status: result.status, body: parse(result.body) };
      refuseIfStopped(signal);
      if (clock.monotonic() > untilMs) throw new PlatformGoneError(name, `${method} ${path}`, statusOf(result));
      repeated += 1;
      const backoffMs = random.next() * Math.min(retryCapMs, retryBaseMs * 2 ** attempt);
      await clock.sleep(result.kind === 'response' ? Math.max(retryAfterMs(result), backoffMs) : backoffMs, signal);
      if (result.kind !== 'response') await untilReady();
    }
  };

  return { send, get: (path, options) => send('GET', path, options), stats: () => ({ repeated, awayMs }) };
}

function refuseIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new StoppedError();
}

function statusOf(result: HttpResult): number | undefined {
  return result.kind === 'response' ? result.status : undefined;
}

/** A refusal that passes by itself. */
function isPassing(response: HttpResponse): boolean {
  const { status, headers } = response;
  return status >= 500 || status === 429 || headers['retry-after'] !== undefined;
}

function retryAfterMs({ headers }: HttpResponse): number {
  const seconds = Number(headers['retry-after'] ?? 0);
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, retryCapMs) : 0;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
