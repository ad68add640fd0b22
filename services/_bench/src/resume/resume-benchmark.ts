import { type BenchContext, BenchError, StoppedError } from '../bench-context.ts';
import type { Measurement } from '../load/measure.ts';
import { createOrderRequests, orderTotalMinor } from '../load/order-requests.ts';
import type { BenchmarkResult, Ratio, Run } from '../report/report.ts';
import { readBooks } from '../saga/books.ts';
import {
  type OrderClients,
  type OrderSystem,
  peer,
  type Place,
  places,
  startOrderSystem,
} from '../saga/order-system.ts';
import { ratioOf } from '../stats.ts';

const clients = 64;
const leaveAloneMs = 50;
const pollMs = 20;
/** A system that completes orders as fast as it takes them never has so many. */
const fillMs = 120_000;
/** Nothing captured for so long: an order is lost. Every retry comes within 60 s. */
const lostAfterMs = 120_000;
const goal = { atMost: 0.5 };

/**
 * B6: kill -9 with so many orders on their way. Measured from the start of the new processes until the provider has
 * captured the money of every order that was taken, not a cent more.
 *
 * @throws BenchError when an order was lost, or charged twice
 */
export async function benchmarkResume(
  context: BenchContext,
  on: readonly Place[],
  inFlight: number,
): Promise<BenchmarkResult> {
  const runs: Run[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const place of on) {
      const variant = `drained after kill -9, ${places[place]}`;
      const label = `B6, ${variant}, round ${round}`;
      const measured = await resume(context, place, inFlight, label);
      const { operations, maxMs } = measured;
      context.progress.say(`${label}: ${operations} orders in ${(maxMs / 1_000).toFixed(1)} s`);
      runs.push({ benchmark: 'B6', variant, concurrency: inFlight, round, ...measured });
    }
  }
  return { ratios: on.includes(peer) ? ratiosOf(runs, on) : [], runs };
}

async function resume(context: BenchContext, place: Place, inFlight: number, label: string): Promise<Measurement> {
  const { workspace, cpuTimes } = context;
  const dataDir = workspace.directory('resume');
  const system = await startOrderSystem(context, place, dataDir);
  let opened: OrderClients | undefined;
  try {
    opened = await system.openClients(clients, createOrderRequests());
    const taken = await takeOrders(context, { system, orders: opened, inFlight, label });
    await system.kill();
    const left = taken - (await completedBy(system));
    const before = cpuTimes();
    const startedAtMs = performance.now();
    await system.restart();
    await drain(context, system, { taken, label });
    const tookMs = performance.now() - startedAtMs;
    const usage = await system.usage();
    return {
      operations: left,
      perSecond: (left / tookMs) * 1_000,
      p50Ms: tookMs,
      p99Ms: tookMs,
      maxMs: tookMs,
      cpuUsPerOperation: (usage.cpuMs / left) * 1_000,
      loadCpuUsPerOperation: ((cpuTimes().ownMs - before.ownMs) / left) * 1_000,
      rssBytes: usage.rssBytes,
      otherCpuShare: 0,
    };
  } finally {
    await opened?.close();
    await system.stop();
    workspace.remove(dataDir);
  }
}

const completedBy = async ({ providersUrl }: OrderSystem) => (await readBooks(providersUrl)).captured / orderTotalMinor;

/** Places orders until so many are on their way. @returns how many were taken; every answer has come */
async function takeOrders(
  { clock, signal, progress }: BenchContext,
  filling: {
    readonly system: OrderSystem;
    readonly orders: OrderClients;
    readonly inFlight: number;
    readonly label: string;
  },
): Promise<number> {
  const { system, orders, inFlight, label } = filling;
  let taken = 0;
  const full = new AbortController();
  const work = async (client: number) => {
    while (!full.signal.aborted) {
      if (signal.aborted) throw new StoppedError();
      if (await orders.place(client)) taken += 1;
      else await clock.sleep(leaveAloneMs, signal);
    }
  };
  const working = Promise.all(Array.from({ length: clients }, (_, client) => work(client)));
  const watch = async () => {
    const untilMs = clock.monotonic() + fillMs;
    for (let onTheirWay = 0; onTheirWay < inFlight; onTheirWay = taken - (await completedBy(system))) {
      if (signal.aborted) throw new StoppedError();
      if (clock.monotonic() > untilMs) {
        throw new BenchError(`${label}: only ${onTheirWay} orders are on their way after ${fillMs / 1_000} s`);
      }
      progress.update(`${label}: ${onTheirWay} orders on their way`);
      await clock.sleep(pollMs, signal);
    }
  };
  try {
    await Promise.race([watch(), working]);
  } finally {
    full.abort();
    await working;
  }
  return taken;
}

async function drain(
  { clock, signal, progress }: BenchContext,
  system: OrderSystem,
  { taken, label }: { readonly taken: number; readonly label: string },
): Promise<void> {
  let completed = 0;
  let lastMovedMs = clock.monotonic();
  while (completed < taken) {
    if (signal.aborted) throw new StoppedError();
    await clock.sleep(pollMs, signal);
    const now = await completedBy(system);
    if (now > completed) lastMovedMs = clock.monotonic();
    if (clock.monotonic() - lastMovedMs > lostAfterMs) throw new BenchError(`${label}: ${taken - now} orders are lost`);
    completed = now;
    progress.update(`${label}: ${completed} of ${taken} orders are paid`);
  }
  if (completed > taken) throw new BenchError(`${label}: ${completed} payments of ${taken} orders`);
}

function ratiosOf(runs: readonly Run[], on: readonly Place[]): readonly Ratio[] {
  const times = (place: Place) =>
    runs.filter(({ variant }) => variant.endsWith(places[place])).map(({ maxMs }) => maxMs);
  return on
    .filter((place) => place !== peer)
    .map((place) => ({
      benchmark: 'B6',
      what: `time to drain, ${places[place]} over ${places[peer]}`,
      ...ratioOf(times(place), times(peer)),
      goal,
    }));
}
