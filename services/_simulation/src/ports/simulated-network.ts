import type { HttpClient, HttpRequest, HttpResult } from '@checkout/runtime';
import type { Storm, Strikes } from '../storm/faults.ts';
import type { Dice } from '../world/dice.ts';
import type { SimulatedProcess } from '../world/simulated-process.ts';
import type { Trace } from '../world/trace.ts';

/** What answers at an origin: a process's app, as long as the process lives. */
export type Server = {
  readonly process: SimulatedProcess;
  readonly answer: (request: Request) => Response | Promise<Response>;
};

/** Who answers at an origin, for one request: any of the instances that are there, as a load balancer chooses. */
export type Route = (origin: string) => Server | undefined;

export type SimulatedNetworkDeps = {
  readonly route: Route;
  readonly process: SimulatedProcess;
  readonly storm: () => Storm;
  readonly dice: Dice;
  readonly strikes: Strikes;
  readonly trace: Trace;
  readonly failpoint: (name: string) => boolean;
};

/** A constant, as every abort without a reason makes an exception with its stack. */
const answeredOrNot = 'simulated: the client has its answer or waits for none';

const notSent: HttpResult = { kind: 'not-sent', reason: 'connect-failed' };

/** One process's way to the others, through a network that loses, delays and repeats. */
export function createSimulatedNetwork(deps: SimulatedNetworkDeps): HttpClient {
  const { route, process, storm, dice, strikes, trace, failpoint } = deps;
  const latencyMs = () => dice.next() * storm().networkLatencyMs;

  const exchange = async (server: Server, request: HttpRequest, givenUp: AbortSignal): Promise<HttpResult> => {
    try {
      const response = await deliver(server, request, givenUp, latencyMs());
      const body = await response.text();
      return { kind: 'response', status: response.status, headers: Object.fromEntries(response.headers), body };
    } catch {
      return { kind: 'no-answer', reason: 'reset' };
    }
  };

  const send = async (request: HttpRequest): Promise<HttpResult> => {
    if (request.signal?.aborted) return { kind: 'not-sent', reason: 'aborted' };
    const url = new URL(request.url);
    const about = `${request.method} ${url.pathname}`;
    if (failpoint('before a request')) return new Promise<HttpResult>(() => {});
    const server = route(url.origin);
    if (server === undefined) return process.receive(Promise.resolve(notSent), latencyMs);
    if (dice.chance(storm().requestRefused)) {
      strikes.count('requestRefused');
      return process.receive(Promise.resolve(notSent), latencyMs);
    }
    const givenUp = new AbortController();
    const silence = silenceOf(process, request);
    try {
      if (dice.chance(storm().requestLost)) {
        strikes.count('requestLost');
        trace.note(process.name, `${about}: lost on the way`);
        return await silence.result;
      }
      if (dice.chance(storm().requestTwice)) {
        strikes.count('requestTwice');
        void exchange(server, request, new AbortController().signal);
      }
      const answered = exchange(server, request, givenUp.signal);
      if (dice.chance(storm().answerLost)) {
        strikes.count('answerLost');
        trace.note(process.name, `${about}: the answer is lost`);
        await Promise.race([process.receive(answered, latencyMs), silence.result]);
        return { kind: 'no-answer', reason: 'reset' };
      }
      const result = await Promise.race([process.receive(answered, latencyMs), silence.result]);
      trace.note(process.name, `${about}: ${result.kind === 'response' ? result.status : result.reason}`);
      if (failpoint('after an answer')) return await new Promise<HttpResult>(() => {});
      return result;
    } finally {
      silence.dispose();
      givenUp.abort(answeredOrNot);
    }
  };

  return { send, close: async () => {} };
}

/**
 * Lets a server answer, as a task of its own process. Rejects when the server's process dies over it: to the caller that is
 * a connection that was reset.
 */
export function deliver(
  { process: server, answer }: Server,
  request: Pick<HttpRequest, 'url' | 'method' | 'headers' | 'body'>,
  givenUp: AbortSignal,
  latencyMs: number,
): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const forget = server.onDeath(() => reject(new Error('simulated: connection reset')));
  void server.clock.sleep(latencyMs).then(async () => {
    const { url, method, headers = {}, body } = request;
    try {
      resolve(
        await answer(
          new Request(url, {
            method,
            headers: { ...headers },
            signal: givenUp,
            ...(body !== undefined && { body }),
          }),
        ),
      );
    } catch (error) {
      reject(error);
    } finally {
      forget();
    }
  });
  return promise;
}

/** Resolves when the client stops waiting: at its timeout, or when its caller gives up. */
function silenceOf(process: SimulatedProcess, request: HttpRequest) {
  const { promise: result, resolve } = Promise.withResolvers<HttpResult>();
  const onAbort = () => resolve({ kind: 'no-answer', reason: 'aborted' });
  const cancelTimer = process.clock.setTimer(request.timeoutMs, () =>
    resolve({ kind: 'no-answer', reason: 'timeout' }),
  );
  request.signal?.addEventListener('abort', onAbort, { once: true });
  const dispose = () => {
    cancelTimer();
    request.signal?.removeEventListener('abort', onAbort);
  };
  return { result, dispose };
}
