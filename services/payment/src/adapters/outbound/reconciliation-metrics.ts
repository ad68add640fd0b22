import type { Metrics } from '@checkout/runtime';
import type { ReconciliationReport } from '../../application/reconcile.ts';

/** Shows what reconciliation finds, as of its last round. */
export function observeReconciliation(metrics: Metrics): {
  readonly onDifference: () => void;
  readonly onReport: (report: ReconciliationReport) => void;
} {
  const differing = metrics.counter({
    name: 'payment_differences_total',
    help: 'Payments of which our ledger and the provider’s differed.',
  });
  const differences = metrics.gauge({
    name: 'payment_differences',
    help: 'Payments of which our ledger and the provider’s differ now.',
  });
  const beyondLedger = metrics.gauge({
    name: 'payment_captured_beyond_ledger',
    help: 'What the provider has taken and not given back, less what our ledger says: minor units, of payments at rest.',
    labels: ['currency'],
  });
  return {
    onDifference: () => differing.add(),
    onReport(report) {
      differences.set(report.differences.length);
      for (const [currency, amount] of report.beyondLedger) beyondLedger.set(amount, { currency });
    },
  };
}
