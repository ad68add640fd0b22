import { type BenchContext, BenchError, StoppedError } from '../bench-context.ts';
import type { ServerProcess, Usage } from '../child/server-process.ts';
import { latenciesOf } from '../stats.ts';
import { type CpuTimes, otherCpuShare, readCpuTimes } from './cpu-times.ts';

/** What one run came to, counted from the end of its warm-up. */
export type Measurement = {
  readonly operations: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Of the server's process, user and system time of all its threads. */
  readonly cpuUsPerOperation: number;
  /** Of the process that makes the load, on the same machine. */
  readonly loadCpuUsPerOperation: number;
  /** The server's resident memory at the end. */
  readonly rssBytes: number;
  /** Where several processes are the server: each one's part. */
  readonly byProcess?: Readonly<Record<string, { readonly cpuUsPerOperation: number; readonly rssBytes: number }>>;
  /** The share of the machine, 0 to 1, that went to anything but the server and the load: disk, kernel, other programs. */
  readonly otherCpuShare: number;
};

export type Workload = {
  readonly server: Pick<ServerProcess, 'usage'>;
  /** Operations under way at any time: the next begins when one ends. */
  readonly concurrency: number;
  /** Carries out one operation; resolves when it is done. A throw fails the run. */
  readonly operate: (worker: number) => Promise<void>;
  readonly warmUpMs: number;
  readonly label: string;
};

type Window = { readonly openedAtMs: number; readonly usage: Usage; readonly times: CpuTimes };

const showEveryMs = 250;

/**
 * Keeps `concurrency` operations going, warm-up first, and measures those that end within the window. Returns when all that
 * began have ended.
 *
 * @throws BenchError, StoppedError, and whatever `operate` throws
 */
export async function measure(context: BenchContext, workload: Workload): Promise<Measurement> {
  const { signal, clock, measureMs, progress } = context;
  const { server, concurrency, operate, warmUpMs, label } = workload;
  const latenciesMs: number[] = [];
  const over = new AbortController();
  let isOpen = false;

  const work = async (worker: number) => {
    while (!over.signal.aborted && !signal.aborted) {
      const startedAtMs = performance.now();
      await operate(worker);
      if (isOpen) latenciesMs.push(performance.now() - startedAtMs);
    }
  };
  const failed = new AbortController();
  const workers = Promise.all(Array.from({ length: concurrency }, (_, worker) => work(worker))).finally(() =>
    failed.abort(),
  );
  // Awaited below; until then a failure only cuts the waiting short.
  workers.catch(() => {});

  const pause = async (ms: number) => {
    const untilMs = clock.monotonic() + ms;
    for (let leftMs = ms; leftMs > 0 && !failed.signal.aborted; leftMs = untilMs - clock.monotonic()) {
      await clock.sleep(Math.min(leftMs, showEveryMs), signal);
      if (signal.aborted) throw new StoppedError();
      progress.update(`${label}: ${isOpen ? `${latenciesMs.length} measured` : 'warming up'}`);
    }
    if (failed.signal.aborted) await workers;
  };

  try {
    await pause(warmUpMs);
    const opened = await openWindow(server);
    isOpen = true;
    await pause(measureMs);
    const usage = await server.usage();
    isOpen = false;
    if (latenciesMs.length === 0) throw new BenchError(`${label}: nothing was done within ${measureMs / 1_000} s`);
    const result = closeWindow(opened, usage, latenciesMs);
    over.abort();
    await workers;
    return result;
  } catch (error) {
    over.abort();
    throw signal.aborted ? new StoppedError() : error;
  }
}

async function openWindow(server: Workload['server']): Promise<Window> {
  const usage = await server.usage();
  return { usage, openedAtMs: performance.now(), times: readCpuTimes() };
}

function closeWindow(opened: Window, usage: Usage, latenciesMs: readonly number[]): Measurement {
  const elapsedMs = performance.now() - opened.openedAtMs;
  const times = readCpuTimes();
  const serverMs = usage.cpuMs - opened.usage.cpuMs;
  const operations = latenciesMs.length;
  return {
    operations,
    perSecond: (operations / elapsedMs) * 1_000,
    ...latenciesOf(latenciesMs),
    cpuUsPerOperation: (serverMs / operations) * 1_000,
    loadCpuUsPerOperation: ((times.ownMs - opened.times.ownMs) / operations) * 1_000,
    rssBytes: usage.rssBytes,
    ...(usage.byProcess && { byProcess: shares(opened.usage.byProcess, usage.byProcess, operations) }),
    otherCpuShare: otherCpuShare(opened.times, times, serverMs),
  };
}

function shares(
  before: Usage['byProcess'],
  after: NonNullable<Usage['byProcess']>,
  operations: number,
): NonNullable<Measurement['byProcess']> {
  return Object.fromEntries(
    Object.entries(after).map(([name, { cpuMs, rssBytes }]) => [
      name,
      { cpuUsPerOperation: ((cpuMs - (before?.[name]?.cpuMs ?? 0)) / operations) * 1_000, rssBytes },
    ]),
  );
}
