import type { Evidence } from '../evidence.ts';
import type { Violation } from '../violation.ts';

/** Of the clients that did not give up. */
const minAcknowledgedShare = 0.95;

/**
 * I10: the run shows something. Its faults happened, orders were placed until after the last of them, and clients that did
 * not give up had an answer. A run without facts is not asked for them.
 */
export function notVacuous({ acknowledged, run }: Evidence): readonly Violation[] {
  if (run === undefined) return [];
  const { faults, loadOutlivedFaults, clients, gaveUp } = run;
  const violation = (code: string, detail: string): Violation => ({ invariant: 'I10', code, orderId: null, detail });
  const absent = Object.keys(faults).filter((name) => !((faults[name] ?? 0) > 0));
  const patient = clients - gaveUp;
  const answered = new Set(acknowledged.map(({ key }) => key)).size;
  return [
    ...(Object.keys(faults).length === 0 ? [violation('no-faults', 'no fault was meant to happen')] : []),
    ...absent.map((name) => violation('fault-absent', `${name} never happened`)),
    ...(loadOutlivedFaults ? [] : [violation('load-ended-early', 'no order was placed after the last fault')]),
    ...(patient > 0 ? [] : [violation('no-clients', `${gaveUp} of ${clients} clients gave up`)]),
    ...(answered >= minAcknowledgedShare * patient
      ? []
      : [violation('too-few-acknowledged', `${answered} of ${patient} clients that did not give up`)]),
  ];
}
