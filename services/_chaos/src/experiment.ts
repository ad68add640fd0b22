import { randomBytes } from 'node:crypto';
import { firstSentence } from '@checkout/cli';
import { check, type Evidence, readEvidence, type Violation } from '@checkout/checker';
import { isOfRun, StoppedError } from '@checkout/load';
import type { HttpClient } from '@checkout/runtime';
import type { Arena } from './arena.ts';
import type { Fault, Proof } from './fault.ts';
import { failuresOf, type LoadResult, startLoad } from './load.ts';
import { durationsMs, longBefore, settle, settleMs } from './settle.ts';

/** What became of one experiment. Times in milliseconds. */
export type Outcome = {
  readonly fault: string;
  readonly verdict: 'held' | 'BROKEN' | 'skipped';
  /** Why it was skipped. */
  readonly reason?: string;
  readonly proof?: Proof;
  readonly figures?: Figures;
  readonly violations: readonly Violation[];
  /** What the experiment wanted and did not get, besides the invariants. */
  readonly complaints: readonly string[];
};

export type Figures = {
  readonly orders: number;
  readonly acknowledged: number;
  readonly duplicatesSent: number;
  readonly lost: number;
  readonly doubleCharged: number;
  readonly stuck: number;
  /** Tries to place an order, by status or by why there was no answer. */
  readonly failures: Readonly<Record<string, number>>;
  /** That took long, of those that had no person to wait for. */
  readonly slowOrders: number;
  readonly operatorRetries: number;
  readonly crashes: number;
  readonly strikeMs: number;
  /** From the heal until all orders that were open then were at their ends. */
  readonly healedAfterMs: number;
  readonly accept: { readonly before: AcceptFigures; readonly during: AcceptFigures };
};

/** Of tries to place an order, those that gave up left out. */
export type AcceptFigures = { readonly tries: number; readonly share201: number; readonly p99Ms: number };

export type ExperimentOptions = {
  readonly arena: Arena;
  readonly httpClient: HttpClient;
  readonly perSecond: number;
  readonly seed: number;
  readonly say: (line: string) => void;
};

const beforeMs = 5_000;
const afterMs = 5_000;
const slowOrderMs = 10_000;
/** Webhooks and looks that follow from what a provider did late. */
const afterLandingMs = 15_000;
/** What messages make us ask of providers. The list of payments goes by the clock: our ledger is held against it once a minute. */
const providerRoute = /route="\/(?:psp|carrier|bureau)\/(?!payments")/;

/** Load, a fault in the midst of it, load again, everything at its end, and then the books. */
export async function experiment(fault: Fault, options: ExperimentOptions): Promise<Outcome> {
  const { arena, httpClient, perSecond, seed, say } = options;
  const reason = fault.cannot?.(arena);
  if (reason !== undefined) return { fault: fault.name, verdict: 'skipped', reason, violations: [], complaints: [] };

  const { clock } = arena;
  const runId = randomBytes(4).toString('hex');
  const since = longBefore(clock.now());
  const crashesOf = () => arena.all.reduce((sum, { instance }) => sum + instance.crashes(), 0);
  const crashesBefore = crashesOf();
  const load = startLoad({ arena, httpClient, runId, seed, perSecond });
  await clock.sleep(beforeMs);

  let loaded: LoadResult | undefined;
  const settled = (notBeforeMs?: number) =>
    settle({ arena, runId, seed, since, isPlaced: () => loaded !== undefined, withinMs: settleMs, notBeforeMs });
  const evidenceOf = async (acknowledged: Evidence['acknowledged']) => ({
    ...(await readEvidence(arena.get, { since, isOfRun: (userId) => isOfRun(userId, runId) })),
    acknowledged,
  });
  if (fault.atRest) {
    loaded = await load.stop();
    await settled();
  }
  const before = fault.atRest ? fingerprint(await evidenceOf([])) : undefined;
  const providerCalls = () => arena.metric('http_requests_total', providerRoute);
  const callsBefore = fault.atRest ? await providerCalls() : 0;

  if (arena.signal.aborted) throw new StoppedError();
  const strikeAtMs = clock.monotonic();
  const { proof, failure } = await strike(fault, arena);
  const healedAtMs = clock.monotonic();
  say(`${fault.name}: ${failure ?? proof.seen}; healed after ${seconds(healedAtMs - strikeAtMs)}`);
  const settling = settled(fault.landsWithinMs && healedAtMs + fault.landsWithinMs + afterLandingMs);
  // Awaited below; a run that is stopped meanwhile must not fail here.
  settling.catch(() => {});
  if (loaded === undefined) {
    await clock.sleep(afterMs);
    loaded = await load.stop();
  }
  const { openAtFirstMs, isSettled, operatorRetries } = await settling;
  const { acknowledged, clients, gaveUp, duplicates } = loaded;
  // A fault at rest is made when nobody places orders any more.
  const loadOutlivedFaults = fault.atRest === true || loaded.answers.some(({ atMs }) => atMs > healedAtMs);
  const evidence: Evidence = {
    ...(await evidenceOf(acknowledged)),
    run: { faults: { [fault.name]: proof.times }, loadOutlivedFaults, clients, gaveUp },
  };
  const violations = check(evidence);
  const slowOrders = durationsMs(evidence.orders, { seed, runId }).filter((ms) => ms > slowOrderMs).length;
  const failures = failuresOf(loaded);
  const figures: Figures = {
    orders: evidence.orders.length,
    acknowledged: new Set(acknowledged.map(({ orderId }) => orderId)).size,
    duplicatesSent: duplicates,
    lost: count(violations, 'I1'),
    doubleCharged: count(violations, 'I3'),
    stuck: count(violations, 'I4'),
    failures,
    slowOrders,
    operatorRetries,
    crashes: crashesOf() - crashesBefore,
    strikeMs: Math.round(healedAtMs - strikeAtMs),
    healedAfterMs: Math.round(openAtFirstMs),
    accept: {
      before: acceptFigures(loaded, 0, strikeAtMs),
      during: acceptFigures(loaded, strikeAtMs, healedAtMs),
    },
  };
  const callsAgain = fault.atRest ? (await providerCalls()) - callsBefore : 0;
  const complaints = [
    ...(failure === undefined ? [] : [failure]),
    ...(isSettled ? [] : ['not everything came to its end in time']),
    ...(fault.unnoticed && Object.keys(failures).length > 0 ? [`requests failed: ${JSON.stringify(failures)}`] : []),
    ...(fault.unnoticed && slowOrders > 0 ? [`${slowOrders} orders took more than ${seconds(slowOrderMs)}`] : []),
    ...(before !== undefined && before !== fingerprint(evidence) ? ['states have changed'] : []),
    ...(fault.atRest && callsBefore === 0 ? ['no provider had been asked anything, so nothing is proven'] : []),
    ...(callsAgain === 0 ? [] : [`the providers were asked again, ${callsAgain} times`]),
  ];
  const verdict = violations.length === 0 && complaints.length === 0 ? 'held' : 'BROKEN';
  return { fault: fault.name, verdict, proof, figures, violations, complaints };
}

async function strike(fault: Fault, arena: Arena): Promise<{ readonly proof: Proof; readonly failure?: string }> {
  try {
    const proof = await fault.strike(arena);
    return { proof };
  } catch (error) {
    const notHealed = await fault.heal?.(arena).then(
      () => '',
      (reason: unknown) => `, and not be healed: ${firstSentence(reason)}`,
    );
    const failure = `it could not be made: ${firstSentence(error)}${notHealed ?? ''}`;
    return { proof: { times: 0, seen: 'nothing' }, failure };
  }
}

/** All that may not change when nothing happens, as one text. */
function fingerprint({
  orders,
  payments,
  shipments,
  sagas,
}: Pick<Evidence, 'orders' | 'payments' | 'shipments' | 'sagas'>) {
  const sorted = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).toSorted();
  const states = orders.map(({ orderId, status, failureCode }) => ({ orderId, status, failureCode }));
  return JSON.stringify([sorted(states), sorted(payments), sorted(shipments), sorted(sagas ?? [])]);
}

function acceptFigures({ answers }: LoadResult, fromMs: number, toMs: number): AcceptFigures {
  const tries = answers.filter(({ atMs, isPatient }) => isPatient && atMs >= fromMs && atMs < toMs);
  const accepted = tries.filter(({ status }) => status === 201);
  const times = accepted.map(({ ms }) => ms).toSorted((a, b) => a - b);
  return {
    tries: tries.length,
    share201: tries.length === 0 ? 1 : accepted.length / tries.length,
    p99Ms: Math.round(times[Math.floor(times.length * 0.99)] ?? 0),
  };
}

function count(violations: readonly Violation[], invariant: Violation['invariant']): number {
  return new Set(violations.filter((one) => one.invariant === invariant).map(({ orderId }) => orderId)).size;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
