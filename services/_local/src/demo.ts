import process from 'node:process';
import { createProgressBar } from '@checkout/cli';
import { createPlatformClient, StoppedError } from '@checkout/load';
import {
  createSystemClock,
  createSystemProcess,
  createSystemRandom,
  createUndiciHttpClient,
  type HttpClient,
  onStopSignal,
} from '@checkout/runtime';
import { withAccess } from './demo/access.ts';
import { demoHelpText, type DemoRun, readDemoArguments } from './demo/demo-arguments.ts';
import { type OwnPlatform, startOwnPlatform } from './demo/own-platform.ts';
import { formatReport } from './demo/report.ts';
import { runDemo } from './demo/run-demo.ts';

const exitFailed = 1;
const exitUsage = 2;
const exitInterrupted = 130;
const probeMs = 2_000;

const given = readDemoArguments(process.argv.slice(2));
if (given.kind === 'help') {
  process.stdout.write(demoHelpText);
} else if (given.kind === 'refused') {
  process.stderr.write(`${given.message}\n`);
  process.exitCode = exitUsage;
} else {
  process.exitCode = await demonstrate(given);
}

async function demonstrate(run: DemoRun): Promise<number> {
  const clock = createSystemClock();
  const stopping = new AbortController();
  onStopSignal({ clock, process: createSystemProcess() }, () => stopping.abort());
  const { signal } = stopping;
  const httpClient = createUndiciHttpClient({ clock, maxConnections: run.concurrency + 4 });
  const progress = createProgressBar(process.stderr, () => clock.monotonic());
  let own: OwnPlatform | undefined;
  try {
    const url = run.url ?? defaultUrl();
    const answers = await isPlatform(httpClient, url);
    if (!answers && run.url !== undefined) throw new Error(`no platform answers at ${url}: start it with npm start`);
    if (!answers) {
      progress.say(`no platform answers at ${url}: starting one for this run`);
      own = await startOwnPlatform(signal);
    }
    const used = own?.url ?? url;
    const { say } = progress;
    const allowed = await withAccess(httpClient, used, process.env['TOKEN'] || undefined);
    const client = createPlatformClient({
      name: used,
      addressOf: (path) => `${used}${path}`,
      httpClient: allowed,
      clock,
      random: createSystemRandom(),
      signal,
      say,
    });
    say(`placing ${run.orders} orders at ${used}, ${run.concurrency} at a time`);
    // Not by the client, which sends nothing any more once the run is stopped.
    const faults = { method: 'DELETE', url: `${used}/sandbox/faults`, timeoutMs: probeMs } as const;
    return await runWithFaults(run, { client, clock, signal, progress }, () => allowed.send(faults));
  } catch (error) {
    progress.end();
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof StoppedError || signal.aborted ? exitInterrupted : exitFailed;
  } finally {
    // After a failure something may still be under way.
    stopping.abort();
    await httpClient.close();
    await own?.stop();
  }
}

/** Whatever becomes of the run, the faults are taken back, or it is said that they were not. */
async function runWithFaults(
  run: DemoRun,
  deps: Parameters<typeof runDemo>[1] & {
    readonly progress: { readonly say: (line: string) => void; readonly end: () => void };
  },
  takeBack: () => ReturnType<HttpClient['send']>,
): Promise<number> {
  const { client, progress } = deps;
  if (run.faults !== undefined) {
    const { status, body } = await client.send('PUT', '/sandbox/faults', { body: run.faults });
    if (status !== 200) throw new Error(`--faults was refused with ${status}: ${JSON.stringify(body)}`);
  }
  try {
    const report = await runDemo(run, deps);
    progress.end();
    process.stdout.write(run.json ? `${JSON.stringify(report, undefined, 2)}\n` : formatReport(report));
    return report.money === 'OK' ? 0 : exitFailed;
  } finally {
    const answer = run.faults === undefined ? undefined : await takeBack();
    if (answer !== undefined && (answer.kind !== 'response' || answer.status >= 300)) {
      progress.say('the faults could not be taken back: DELETE /sandbox/faults does it');
    }
  }
}

function defaultUrl(): string {
  return `http://127.0.0.1:${process.env['PORT'] ?? '8080'}`;
}

async function isPlatform(httpClient: HttpClient, url: string): Promise<boolean> {
  const result = await httpClient.send({ method: 'GET', url: `${url}/sandbox/faults`, timeoutMs: probeMs });
  return result.kind === 'response' && result.status === 200;
}
