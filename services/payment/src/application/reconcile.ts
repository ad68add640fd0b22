import type { EventLog, ReadModelRow } from '@checkout/event-log';
import type { Clock, OrderId } from '@checkout/kernel';
import type { PaymentView } from '../domain/payment-view.ts';
import type { ProviderRecord } from './ports/payment-gateway.port.ts';
import { maxReferencesPerStatement, type ProviderStatements } from './ports/provider-statement.port.ts';

/** What is still held and what was taken in the end, minor units. */
export type Position = { readonly currency: string | null; readonly live: number; readonly net: number };

export type Difference = { readonly orderId: OrderId; readonly ours: Position; readonly theirs: Position };

export type ReconciliationReport = {
  /** Unix milliseconds of the last round; `null` before the first. */
  readonly checkedAt: number | null;
  /** Payments compared since the process started. */
  readonly checked: number;
  readonly differences: readonly Difference[];
  /** What the provider has taken beyond our ledger, minor units, for each currency that was compared. */
  readonly beyondLedger: ReadonlyMap<string, number>;
};

export type Reconciliation = {
  start: () => void;
  stop: () => Promise<void>;
  report: () => ReconciliationReport;
};

export type ReconciliationDeps = {
  readonly log: EventLog;
  readonly statements: ProviderStatements;
  readonly clock: Clock;
  readonly onDifference: (difference: Difference) => void;
  /** Behind each round. */
  readonly onReport: (report: ReconciliationReport) => void;
  readonly onError: (error: Error) => void;
};

const everyMs = 60_000;
/** After a restart this many of the newest payments are compared again. */
const maxRecalled = 1_000;
const maxPerRound = 2_000;
/** Beyond this the oldest are given up: the next restart, or a change, brings them back. */
const maxWaiting = 100_000;
const maxDifferences = 1_000;

const settled: ReadonlySet<PaymentView['status']> = new Set(['CAPTURED', 'RELEASED', 'DECLINED']);

/**
 * Holds our ledger against the provider's, once a minute, for every payment that has come to rest. Finds what no single
 * message can show: money that both sides think the other has.
 */
export function createReconciliation(deps: ReconciliationDeps): Reconciliation {
  const { log, statements, clock, onDifference, onReport, onError } = deps;
  const stopping = new AbortController();
  const waiting = new Set<OrderId>();
  const differences = new Map<OrderId, Difference>();
  const currencies = new Set<string>();
  let checkedAt: number | null = null;
  let checked = 0;
  let isRecalled = false;
  let running: Promise<void> | undefined;

  const wait = (orderId: OrderId) => {
    waiting.delete(orderId);
    waiting.add(orderId);
    const [oldest] = waiting;
    if (waiting.size > maxWaiting && oldest !== undefined) waiting.delete(oldest);
  };
  const unlisten = log.onAppend((rows) => rows.forEach((row) => wait(row.streamId)));

  const compare = (orderId: OrderId, row: ReadModelRow, record: ProviderRecord | undefined) => {
    const difference = { orderId, ours: positionOf(row.view as PaymentView), theirs: positionOf(record) };
    checked += 1;
    for (const { currency } of [difference.ours, difference.theirs]) if (currency !== null) currencies.add(currency);
    if (isAgreed(difference)) {
      differences.delete(orderId);
      return;
    }
    if (!differences.has(orderId)) onDifference(difference);
    if (differences.size < maxDifferences) differences.set(orderId, difference);
    // Compared again, until it is gone or a person has seen to it.
    wait(orderId);
  };

  const compareSome = async (orderIds: readonly OrderId[]) => {
    const rows = await Promise.all(orderIds.map((orderId) => log.readModel(orderId)));
    const compared = rows
      .filter((row) => row !== undefined)
      .filter((row) => settled.has((row.view as PaymentView).status));
    if (compared.length === 0) return;
    const statement = await statements.statement(compared.map((row) => row.streamId));
    // The provider is away: the same ones are looked at again.
    if (statement.kind !== 'found') return compared.forEach((row) => wait(row.streamId));
    for (const row of compared) compare(row.streamId, row, statement.records.get(row.streamId));
  };

  const report = (): ReconciliationReport => {
    const differing = [...differences.values()];
    const beyondLedger = new Map([...currencies].map((currency) => [currency, netBeyond(differing, currency)]));
    return { checkedAt, checked, differences: differing, beyondLedger };
  };

  const recall = async () => {
    for (const row of await log.listReadModel({ limit: maxRecalled })) wait(row.streamId);
    isRecalled = true;
  };

  const round = async () => {
    if (!isRecalled) await recall();
    const batch = [...waiting].slice(0, maxPerRound);
    for (let from = 0; from < batch.length && !stopping.signal.aborted; from += maxReferencesPerStatement) {
      const some = batch.slice(from, from + maxReferencesPerStatement);
      for (const orderId of some) waiting.delete(orderId);
      try {
        await compareSome(some);
      } catch (error) {
        for (const orderId of some) wait(orderId);
        throw error;
      }
    }
    checkedAt = clock.now();
    onReport(report());
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(everyMs, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await round();
      } catch (error) {
        onError(error as Error);
      }
    }
  };

  return {
    start() {
      running ??= run();
    },
    async stop() {
      unlisten();
      stopping.abort();
      await running;
    },
    report,
  };
}

function positionOf(
  amounts: Pick<PaymentView, 'currency' | 'authorized' | 'captured' | 'voided' | 'refunded'> | undefined,
): Position {
  if (amounts === undefined) return { currency: null, live: 0, net: 0 };
  const { currency, authorized, captured, voided, refunded } = amounts;
  return { currency, live: authorized - captured - voided, net: captured - refunded };
}

/** Nothing is nothing in every currency. */
function isAgreed({ ours, theirs }: Difference): boolean {
  const isNothing = ours.live === 0 && ours.net === 0;
  return ours.live === theirs.live && ours.net === theirs.net && (isNothing || ours.currency === theirs.currency);
}

function netBeyond(differences: readonly Difference[], currency: string): number {
  const net = (position: Position) => (position.currency === currency ? position.net : 0);
  return differences.reduce((sum, { ours, theirs }) => sum + net(theirs) - net(ours), 0);
}
