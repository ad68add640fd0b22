import { check, type Evidence, readEvidence, type Violation } from '@checkout/checker';
import { createSimulatedNetwork } from '../ports/simulated-network.ts';
import { type Clients, createClients } from '../storm/clients.ts';
import { calm, createStrikes, drawStorm, type Storm } from '../storm/faults.ts';
import { planOrders } from '../storm/order-plans.ts';
import { createWeather } from '../storm/weather.ts';
import { createDice, type Dice } from '../world/dice.ts';
import type { Globals } from '../world/globals.ts';
import { createScheduler, type Scheduler } from '../world/scheduler.ts';
import { createProcess } from '../world/simulated-process.ts';
import { createTrace, type TraceLine } from '../world/trace.ts';
import { createReader, readProviderFaults, setProviderFaults } from './ask-world.ts';
import { handledOutOfOrder } from './handling-order.ts';
import { unknownDeadlineMs } from './services.ts';
import { createWorld, type World } from './world.ts';

export type SeedOptions = {
  readonly seed: number;
  /** Orders that are placed; drawn from the seed when it is left out. */
  readonly orders?: number | undefined;
  /** Keeps every line of the trace. */
  readonly verbose?: boolean;
  readonly globals: Globals;
};

export type SeedResult = {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Of everything that happened and of what was there in the end. */
  readonly hash: string;
  readonly storm: Storm;
  readonly strikes: Readonly<Record<string, number>>;
  /** Orders by their final state. */
  readonly states: Readonly<Record<string, number>>;
  readonly virtualMs: number;
  readonly steps: number;
  readonly trace: readonly TraceLine[];
};

/**
 * I4: what is not over or waiting for a person by then is stuck. Where a provider never does what it is asked, that is
 * behind all tries of the resolver, the step and its undoing; where messages are skipped, behind the longest silence after
 * which a saga asks again.
 */
const settleLimitMs = ({ neverVoids, skipEveryMs }: Storm) =>
  120_000 + (neverVoids || skipEveryMs > 0 ? 3_600_000 : unknownDeadlineMs);
const checkEveryMs = 1_000;
/** Beyond the last landing: webhooks and looks that follow from it. */
const afterwardsMs = 15_000;
const maxOrders = 12;

/**
 * One seed: a storm over the whole platform, then quiet, then the books. The same seed gives the same run, down to the
 * hash, on any machine.
 */
export async function runSeed({ globals, ...options }: SeedOptions): Promise<SeedResult> {
  const dice = createDice(options.seed);
  const scheduler = createScheduler(globals.settle);
  const leave = globals.enter({ scheduler, dice: dice.fork('globals') });
  try {
    return await runInWorld(options, dice, scheduler);
  } finally {
    leave();
  }
}

async function runInWorld(
  { seed, orders, verbose = false }: Omit<SeedOptions, 'globals'>,
  dice: Dice,
  scheduler: Scheduler,
): Promise<SeedResult> {
  const trace = createTrace(scheduler.elapsed, { keepsLines: verbose });
  const strikes = createStrikes();
  const storm = drawStorm(dice.fork('storm'), orders ?? dice.between(1, maxOrders));
  let now = storm;

  const drive = createDrive(scheduler);
  const world = await drive(createWorld({ scheduler, dice: dice.fork('world'), strikes, trace, storm: () => now }));
  const outside = (name: string) => createProcess(scheduler, { name, dice: dice.fork(name) });
  const weatherProcess = outside('weather');
  const clientProcess = outside('client');
  const weather = createWeather({ world, storm, process: weatherProcess, dice: dice.fork('weather'), strikes, trace });
  const clients = createClients({
    plans: planOrders(dice.fork('orders'), storm),
    process: clientProcess,
    httpClient: createSimulatedNetwork({
      route: world.route,
      process: clientProcess,
      storm: () => now,
      dice: dice.fork('client network'),
      strikes,
      trace,
      failpoint: () => false,
    }),
    dice: dice.fork('client'),
    strikes,
    trace,
  });

  await setProviderFaults(world, storm.providers, drive);
  for (const instance of world.instances) instance.start();
  weather.start();
  clients.start();
  await scheduler.run({ untilMs: storm.durationMs });
  const loadOutlivedFaults = !clients.areDone();

  now = calm(storm);
  weather.calmDown();
  await setProviderFaults(world, undefined, drive);
  await setProviderFaults(world, { psp: { voidFails: storm.neverVoids } }, drive);
  trace.note('world', 'calms down');
  const calmAtMs = scheduler.elapsed();
  await settleDown({ scheduler, world, clients, untilMs: calmAtMs + settleLimitMs(storm) });
  clients.sendOperatorHome();
  // What lands late lands into a world that has moved on, and it may begin something again. Until then the provider keeps
  // silent to whoever repeats the request: its fault ends with the landing.
  const landings = Object.values(storm.providers).map(({ lateLandingMs = 0 }) => lateLandingMs);
  const lastLandingMs = calmAtMs + Math.max(...landings);
  await scheduler.run({ untilMs: Math.max(scheduler.elapsed(), lastLandingMs) + afterwardsMs });
  await settleDown({ scheduler, world, clients, untilMs: lastLandingMs + settleLimitMs(storm) });

  const strikesByFault = { ...strikes.counts(), ...(await readProviderFaults(world, drive)) };
  const struck = sum(strikesByFault);
  const evidence: Evidence = {
    ...(await readEvidence(createReader(world, drive))),
    acknowledged: clients.acknowledged(),
    // Now and then a seed draws no fault at all; the tally counts those.
    run: struck === 0 ? undefined : { faults: { 'a fault': struck }, loadOutlivedFaults, ...clients.counts() },
  };
  const violations = [
    ...check(evidence),
    ...unsettled(evidence),
    ...surprisesOf(clients),
    // What a group has skipped it may read later, when it begins at 0 again.
    ...(strikes.struck('skipEveryMs') ? [] : await handledOutOfOrder(world.databases)),
  ];
  const states: Record<string, number> = {};
  for (const order of evidence.orders) {
    const state = order.waitsFor === undefined ? order.status : `waits for ${order.waitsFor}`;
    states[state] = (states[state] ?? 0) + 1;
    trace.note('end', `${state} ${order.failureCode ?? ''}`, order.orderId);
  }
  for (const payment of evidence.payments) trace.note('books', JSON.stringify(payment), payment.orderId);
  weatherProcess.kill();
  for (const instance of world.instances) instance.life().kill();
  await drive(world.close());
  return {
    seed,
    violations,
    hash: trace.hash(),
    storm,
    strikes: strikesByFault,
    states,
    virtualMs: scheduler.elapsed(),
    steps: scheduler.steps(),
    trace: trace.lines(),
  };
}

/** I8: the operator redrove every dead letter, and every build can read it by now. */
function unsettled({ deadLetters }: Evidence): readonly Violation[] {
  return deadLetters.map(({ service, orderId, messageId, reason, state }) => ({
    invariant: 'I8',
    code: 'letter-left',
    orderId,
    detail: `${service} still has ${messageId} ${state} (${reason})`,
  }));
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function surprisesOf(clients: Clients): readonly Violation[] {
  return clients.surprises().map((detail) => ({ invariant: 'I1', code: 'unexpected-answer', orderId: null, detail }));
}

/** Lets virtual time go on until a promise is settled. */
function createDrive(scheduler: Scheduler) {
  return async <Value>(promise: Promise<Value>): Promise<Value> => {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    promise.then(over, over);
    await scheduler.run({ untilMs: Infinity, isOver: () => isOver });
    if (!isOver) throw new Error('nothing is left to happen, and there is no answer yet');
    return promise;
  };
}

async function settleDown(deps: {
  readonly scheduler: Scheduler;
  readonly world: World;
  readonly clients: Clients;
  readonly untilMs: number;
}): Promise<void> {
  const { scheduler, world, clients, untilMs } = deps;
  while (scheduler.elapsed() < untilMs) {
    await scheduler.run({ untilMs: scheduler.elapsed() + checkEveryMs });
    if (clients.areDone() && (await isQuiet(world))) return;
  }
}

/** States of an order and of a saga in which nothing more happens by itself. */
const restingOrder = new Set<unknown>(['COMPLETED', 'FAILED', 'CANCELLED']);
const restingSaga = new Set<unknown>(['COMPLETED', 'COMPENSATED', 'NEEDS_OPERATOR']);

/** A look into the databases, to save virtual time: what the world shows is read and checked afterwards. */
async function isQuiet({ databases }: World): Promise<boolean> {
  const orders = await databases.order.storage.listReadModel({ limit: 1_000 });
  const sagas = await databases.orchestrator.storage.listReadModel({ limit: 1_000 });
  const letters = await Promise.all(
    Object.values(databases).map(({ storage }) => storage.deadLetters({ afterSeq: 0, limit: 1 })),
  );
  if (letters.flat().length > 0) return false;
  const reviews = await databases.antifraud.storage.listReadModel({ equals: { status: 'IN_REVIEW' }, limit: 1 });
  if (reviews.length > 0) return false;
  const stateOf = new Map(sagas.map(({ streamId, columns }) => [streamId, columns['state']]));
  return orders.every(({ streamId, columns }) => {
    const saga = stateOf.get(streamId);
    return restingSaga.has(saga) && (saga === 'NEEDS_OPERATOR' || restingOrder.has(columns['status']));
  });
}
