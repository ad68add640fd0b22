import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import { createSystemClock, createSystemProcess, onStopSignal } from '@checkout/runtime';
import { benchmarkAccept } from './accept/accept-benchmark.ts';
import { benchmarkAppend } from './append/append-benchmark.ts';
import { type BenchRun, helpText, readArguments } from './arguments.ts';
import { type BenchContext, StoppedError } from './bench-context.ts';
import { benchmarkBus } from './bus/bus-benchmark.ts';
import { benchmarkGrowth } from './growth/growth-benchmark.ts';
import type { LogSize } from './growth/log-size.ts';
import { describeMachine, isOnDisk } from './machine.ts';
import { formatReport } from './report/format-report.ts';
import { readCpuTimes } from './load/cpu-times.ts';
import { benchmarkIdle } from './idle/idle-benchmark.ts';
import { benchmarkRelay } from './relay/relay-benchmark.ts';
import { createProgress } from './report/progress.ts';
import type { BenchmarkResult, Report } from './report/report.ts';
import { benchmarkResume } from './resume/resume-benchmark.ts';
import { benchmarkCompensation } from './saga/compensation-benchmark.ts';
import { benchmarkSaga } from './saga/saga-benchmark.ts';
import { benchmarkTelemetry } from './telemetry/telemetry-benchmark.ts';
import { createWorkspace } from './workspace.ts';

const exitFailed = 1;
const exitUsage = 2;
const exitInterrupted = 130;
/** An order's whole way is some hundred times as long as that of a request that is only accepted. */
const warmUpMs = { accept: 3_000, saga: 8_000, look: 1_000 };

const given = readArguments(process.argv.slice(2));
if (given.kind === 'help') {
  process.stdout.write(helpText);
} else if (given.kind === 'refused') {
  process.stderr.write(`${given.message}\n`);
  process.exitCode = exitUsage;
} else {
  process.exitCode = await bench(given);
}

async function bench(run: BenchRun): Promise<number> {
  const progress = createProgress(process.stderr);
  const clock = createSystemClock();
  // A second signal ends the process at once, and what it started with it.
  const stopping = new AbortController();
  onStopSignal({ clock, process: createSystemProcess() }, () => stopping.abort());
  const { signal } = stopping;
  try {
    const workspace = createWorkspace(resolve(run.dir ?? tmpdir()));
    try {
      const machine = describeMachine(workspace.root);
      if (!isOnDisk(machine)) {
        progress.say(
          `${workspace.root} is not on a disk, so nothing there is durable: choose another place with --dir`,
        );
      }
      const { seconds, rounds, patience, profileDir } = run;
      const measureMs = seconds * 1_000;
      const context = {
        workspace,
        progress,
        clock,
        cpuTimes: readCpuTimes,
        signal,
        warmUpMs,
        measureMs,
        rounds,
        patience,
        profileDir,
      };
      const startedAt = new Date().toISOString();
      const { ratios, runs, logSizes } = await runBenchmarks(context, run);
      const report: Report = { ratios, machine, startedAt, secondsPerRun: seconds, logSizes, runs };
      progress.end();
      if (run.jsonFile !== undefined) writeFileSync(run.jsonFile, `${JSON.stringify(report, undefined, 2)}\n`);
      process.stdout.write(formatReport(report));
      return 0;
    } finally {
      workspace.close();
    }
  } catch (error) {
    progress.end();
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof StoppedError ? exitInterrupted : exitFailed;
  }
}

async function runBenchmarks(
  context: BenchContext,
  { benchmarks, on, sizes, rows, inFlight, idleSeconds, profileDir }: BenchRun,
): Promise<BenchmarkResult & { readonly logSizes: readonly LogSize[] }> {
  if (profileDir !== undefined) mkdirSync(profileDir, { recursive: true });
  const results: (BenchmarkResult & { readonly logSizes?: readonly LogSize[] })[] = [];
  if (benchmarks.includes('B1')) results.push(await benchmarkAccept(context, on));
  if (benchmarks.includes('B2')) results.push(await benchmarkSaga(context, on));
  if (benchmarks.includes('B3')) results.push(await benchmarkAppend(context));
  if (benchmarks.includes('B4')) results.push(await benchmarkRelay(context, rows));
  if (benchmarks.includes('B5')) results.push(await benchmarkBus(context));
  if (benchmarks.includes('B6')) results.push(await benchmarkResume(context, on, inFlight));
  if (benchmarks.includes('B7')) results.push(await benchmarkCompensation(context, on));
  if (benchmarks.includes('idle')) results.push(await benchmarkIdle(context, idleSeconds));
  if (benchmarks.includes('telemetry')) results.push(await benchmarkTelemetry(context));
  if (benchmarks.includes('growth')) results.push(await benchmarkGrowth(context, sizes));
  return {
    ratios: results.flatMap(({ ratios }) => ratios),
    runs: results.flatMap(({ runs }) => runs),
    logSizes: results.flatMap(({ logSizes }) => logSizes ?? []),
  };
}
