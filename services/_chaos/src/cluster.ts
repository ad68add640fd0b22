import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import process from 'node:process';
import { check, type Get, type Member, memberAt, readEvidence, together } from '@checkout/checker';
import { firstSentence } from '@checkout/cli';
import { services } from '@checkout/contracts';
import { createPlatformClient, isOfRun } from '@checkout/load';
import { createSystemClock, createSystemRandom, createUndiciHttpClient } from '@checkout/runtime';
import { failuresOf, startLoad } from './load.ts';
import { settle } from './settle.ts';

/**
 * The clients and the judge of an experiment on a cluster, as the Job of k8s/chaos runs them beside the platform. Places orders
 * from its start until it gets SIGUSR2, or for `maxLoadMs`; then waits for their ends, reads the books, and says in its last line
 * what became of them: JSON with a `verdict`. The fault is somebody else's to make and to prove.
 *
 * Environment: `RATE` orders a second (5); `FAULT` what the fault is called in the verdict; `UNNOTICED` is `true` when clients
 * must notice nothing of it: no request without an answer, and none with a 5xx.
 */
const exitFailed = 1;
const maxLoadMs = 900_000;
const settleMs = 300_000;
const maxConnections = 64;
const defaultPerSecond = 5;
/** Clocks of a cluster's nodes are not ours. */
const skewMs = 600_000;

process.exitCode = await main().catch((error: unknown) => {
  process.stdout.write(`${JSON.stringify({ verdict: 'BROKEN', complaints: [firstSentence(error)] })}\n`);
  return exitFailed;
});

async function main(): Promise<number> {
  const { FAULT: fault = 'fault', RATE: rate = String(defaultPerSecond), UNNOTICED: unnoticed } = process.env;
  const perSecond = Number(rate);
  if (!(perSecond > 0 && perSecond <= 1_000)) throw new Error(`RATE is ${rate}, expected a number from 1 to 1000`);
  const [clock, random] = [createSystemClock(), createSystemRandom()];
  const [over, told] = [new AbortController(), new AbortController()];
  process.once('SIGUSR2', () => told.abort());
  process.once('SIGTERM', () => over.abort());

  const httpClient = createUndiciHttpClient({ clock, maxConnections });
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const parts = { httpClient, clock, random, signal: over.signal, say };
  const client = createPlatformClient({ ...parts, name: 'the platform', addressOf });
  const arena = { clock, random, signal: over.signal, addressOf, client };
  const gets = Object.fromEntries(
    ([...services, 'sandbox'] as const).map((name) => [
      name,
      createPlatformClient({ ...parts, name, addressOf: (path) => at(name, path) }).get,
    ]),
  ) as Record<Member, Get>;

  const run = { runId: randomBytes(4).toString('hex'), seed: 1 };
  const since = new Date(clock.now() - skewMs).toISOString();
  const load = startLoad({ arena, httpClient, ...run, perSecond });
  say('load: running');
  const isTold = await setTimeout(maxLoadMs, false, { signal: told.signal }).catch(() => true);
  const loaded = await load.stop();
  const { acknowledged, clients, gaveUp } = loaded;
  say(`load: ended, ${acknowledged.length} answers to ${clients} clients`);

  const { isSettled, operatorRetries } = await settle({
    arena,
    ...run,
    since,
    isPlaced: () => true,
    withinMs: settleMs,
  });
  const isOurs = (userId: string) => isOfRun(userId, run.runId);
  const evidence = { ...(await readEvidence(together(gets), { since, isOfRun: isOurs })), acknowledged };
  const violations = check({
    ...evidence,
    run: { faults: { [fault]: 1 }, loadOutlivedFaults: isTold, clients, gaveUp },
  });
  await httpClient.close();
  const failures = failuresOf(loaded);
  const figures = { orders: evidence.orders.length, clients, gaveUp, failures, operatorRetries };
  const complaints = [
    ...(isSettled ? [] : ['not everything came to its end in time']),
    ...(unnoticed === 'true' && Object.keys(failures).length > 0
      ? ['requests failed that should not have noticed it']
      : []),
  ];
  const held = violations.length === 0 && complaints.length === 0;
  say(JSON.stringify({ verdict: held ? 'held' : 'BROKEN', ...figures, violations, complaints }));
  return held ? 0 : exitFailed;
}

function addressOf(path: string): string {
  const found = memberAt(path);
  return found === undefined ? at('order', path) : at(found.member, found.path);
}

/** Services of the cluster have one name and two ports. */
function at(name: Member, path: string): string {
  const isOperations = path.startsWith('/ops/') || path === '/readyz';
  return `http://${name}:${isOperations ? 9090 : 8080}${path}`;
}
