import { createVirtualClock } from '@checkout/kernel/testing';
import { expect, test } from 'vitest';
import { createAppHttpClient, type NetworkFault } from './app-http-client.ts';
import { contractMaxResponseBytes, describeHttpClient } from './http-client.contract.ts';

const url = 'http://app.test';

describeHttpClient('the in-memory client', async (app) => {
  const clock = createVirtualClock();
  const client = createAppHttpClient({ clock, apps: { [url]: app }, maxResponseBytes: contractMaxResponseBytes });
  const pass = (ms: number) => clock.advance(ms);
  return { client, url, deadUrl: 'http://nobody.test', pass, close: () => client.close() };
});

function withFault(fault: NetworkFault) {
  const clock = createVirtualClock();
  let seen = 0;
  const app = () => {
    seen += 1;
    return new Response('ok');
  };
  const client = createAppHttpClient({ clock, apps: { [url]: app }, faultOf: () => fault });
  return { clock, send: () => client.send({ method: 'GET', url, timeoutMs: 100 }), seen: () => seen };
}

test('a refused connection does not reach the app', async () => {
  const { send, seen } = withFault('refused');

  expect(await send()).toEqual({ kind: 'not-sent', reason: 'connect-failed' });
  expect(seen()).toBe(0);
});

test('a lost answer has reached the app', async () => {
  const { send, seen } = withFault('answer-lost');

  expect(await send()).toEqual({ kind: 'no-answer', reason: 'reset' });
  expect(seen()).toBe(1);
});

test('a black hole is silent until the timeout', async () => {
  const { clock, send, seen } = withFault('black-hole');
  const sending = send();
  await clock.advance(100);

  expect(await sending).toEqual({ kind: 'no-answer', reason: 'timeout' });
  expect(seen()).toBe(0);
});

test("the app's request is aborted when the client gives up", async () => {
  const clock = createVirtualClock();
  let signal: AbortSignal | undefined;
  const hang = (request: Request) => {
    signal = request.signal;
    return new Promise<Response>(() => {});
  };
  const client = createAppHttpClient({ clock, apps: { [url]: hang } });
  const sending = client.send({ method: 'GET', url, timeoutMs: 100 });
  await clock.advance(100);
  await sending;

  expect(signal?.aborted).toBe(true);
});
