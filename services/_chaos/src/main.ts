import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { firstSentence } from '@checkout/cli';
import {
  createLogger,
  createMetrics,
  createSystemClock,
  createSystemIds,
  createSystemProcess,
  createSystemRandom,
  createUndiciHttpClient,
  onStopSignal,
} from '@checkout/runtime';
import { openArena } from './arena.ts';
import { type ChaosRun, helpText, readArguments } from './arguments.ts';
import { experiment, type Outcome } from './experiment.ts';
import type { Fault } from './fault.ts';
import { faults } from './faults/index.ts';
import { mixOf } from './mix.ts';
import { type ChaosReport, formatReport, pageOf, wrongs } from './report.ts';
import { warmUp } from './warm-up.ts';

const exitFailed = 1;
const exitUsage = 2;
const exitInterrupted = 130;
const maxConnections = 256;
const nameWidth = 32;

const given = readArguments(
  process.argv.slice(2),
  faults.map(({ name }) => name),
);
if (given.kind === 'help') {
  process.stdout.write(helpText);
} else if (given.kind === 'list') {
  for (const { name, does } of faults) process.stdout.write(`${name.padEnd(nameWidth)}${does}\n`);
} else if (given.kind === 'refused') {
  process.stderr.write(`${given.message}\n`);
  process.exitCode = exitUsage;
} else {
  // A strike that nobody waits for any more would go on.
  process.exit(await run(given));
}

async function run(wanted: ChaosRun): Promise<number> {
  const clock = createSystemClock();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const stopping = new AbortController();
  const interrupted = new Promise<'interrupted'>((resolve) => {
    onStopSignal({ clock, process: createSystemProcess() }, () => {
      say('ending: what is broken is mended first; once more ends at once');
      stopping.abort();
      resolve('interrupted');
    });
  });
  const httpClient = createUndiciHttpClient({ clock, maxConnections });
  const startedAt = new Date(clock.now()).toISOString();
  const outcomes: Outcome[] = [];
  let arena: Awaited<ReturnType<typeof openArena>> | undefined;
  let current: Fault | undefined;
  try {
    say('starting the platform ...');
    arena = await openArena({
      environment: process.env,
      instancesPerService: wanted.instances,
      write: wanted.verbose ? say : () => {},
      clock,
      ids: createSystemIds(),
      random: createSystemRandom(),
      httpClient,
      logger: createLogger({ service: 'chaos', level: 'error', metrics: createMetrics('chaos') }),
      signal: stopping.signal,
    });
    const options = { arena, httpClient, perSecond: wanted.perSecond, seed: wanted.seed, say };
    const chosen = chosenFaults(wanted);
    const warmed = await Promise.race([warmUp(options), interrupted]);
    if (warmed === 'interrupted') return exitInterrupted;
    if (!warmed) say('the platform does not get quick at this rate: a lower --rate may be wanted');
    for (const [index, fault] of chosen.entries()) {
      current = fault;
      say(`[${index + 1}/${chosen.length}] ${fault.name}: ${fault.does}`);
      const outcome = await Promise.race([experiment(fault, options), interrupted]);
      if (outcome === 'interrupted') return exitInterrupted;
      outcomes.push(outcome);
      say(`${fault.name}: ${outcome.verdict}${outcome.reason === undefined ? '' : ` (${outcome.reason})`}`);
      if (outcome.verdict === 'BROKEN') say(wrongs(outcome).join('\n'));
    }
    current = undefined;
    return outcomes.every(({ verdict }) => verdict !== 'BROKEN') ? 0 : exitFailed;
  } catch (error) {
    say(`chaos: ${firstSentence(error)}`);
    if (current !== undefined && !stopping.signal.aborted) {
      // Whether it held, nobody can tell any more.
      const complaints = [firstSentence(error)];
      outcomes.push({ fault: current.name, verdict: 'BROKEN', violations: [], complaints });
      const left = chosenFaults(wanted).slice(outcomes.length);
      if (left.length > 0) say(`not run, --fault has the rest: ${left.map(({ name }) => name).join(',')}`);
    }
    return exitFailed;
  } finally {
    if (arena !== undefined) {
      const { perSecond, instances: instancesPerService } = wanted;
      if (outcomes.length > 0) keep({ startedAt, bus: arena.bus, perSecond, instancesPerService, outcomes }, wanted);
      say('stopping ...');
      await current?.heal?.(arena).catch((error: unknown) => say(`chaos: not healed: ${firstSentence(error)}`));
      stopping.abort();
      await arena.close();
    }
    await httpClient.close();
  }
}

function chosenFaults({ faults: names, minutes }: ChaosRun): readonly Fault[] {
  if (minutes !== undefined) return [mixOf(faults, minutes)];
  return names.flatMap((name) => faults.find((fault) => fault.name === name) ?? []);
}

function keep(report: ChaosReport, { report: directory, json }: ChaosRun): void {
  mkdirSync(directory, { recursive: true });
  const whole = `${JSON.stringify(report, undefined, 2)}\n`;
  writeFileSync(join(directory, 'chaos.json'), whole);
  writeFileSync(join(directory, 'chaos.html'), pageOf(report));
  process.stdout.write(json ? whole : `${formatReport(report)}report: ${join(directory, 'chaos.html')}\n`);
}
