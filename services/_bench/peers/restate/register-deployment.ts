import { setTimeout as sleep } from 'node:timers/promises';
import type { RestateServer } from './restate-server.ts';

const startMs = 45_000;
const pollMs = 50;

/**
 * Tells a Restate server that has just been started where its handlers are, and waits until its ingress takes requests.
 *
 * @param url of the handlers
 * @param gone aborted when the server has ended
 * @returns whether it takes requests: `false` when it is gone
 * @throws Error when it refuses them, or is not ready in time
 */
export async function registerDeployment(
  { adminUrl, ingressUrl }: Pick<RestateServer, 'adminUrl' | 'ingressUrl'>,
  url: string,
  gone: AbortSignal,
): Promise<boolean> {
  const untilMs = performance.now() + startMs;
  if (!(await untilOk(`${adminUrl}/health`, untilMs, gone))) return false;
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${adminUrl}/deployments`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ uri: url }),
  });
  if (!answer.ok) throw new Error(`refused its deployment with ${answer.status}: ${await answer.text()}`);
  return untilOk(`${ingressUrl}/restate/health`, untilMs, gone);
}

async function untilOk(url: string, untilMs: number, gone: AbortSignal): Promise<boolean> {
  while (!gone.aborted) {
    const isOk = await fetch(url, { signal: gone }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isOk) return true;
    if (performance.now() > untilMs) throw new Error(`was not ready after ${startMs / 1_000} s`);
    await sleep(pollMs);
  }
  return false;
}
