import type { Evidence } from './evidence.ts';
import { effectsOnce } from './invariants/effects-once.ts';
import { everythingAtItsEnd } from './invariants/everything-at-its-end.ts';
import { lawfulHistories } from './invariants/lawful-histories.ts';
import { moneyAdmitted } from './invariants/money-admitted.ts';
import { namedDeadLetters } from './invariants/named-dead-letters.ts';
import { noOrderLost } from './invariants/no-order-lost.ts';
import { notVacuous } from './invariants/not-vacuous.ts';
import { nothingLeft } from './invariants/nothing-left.ts';
import { oneOrderPerKey } from './invariants/one-order-per-key.ts';
import type { Violation } from './violation.ts';

/**
 * Holds a run at rest against the invariants. Pure: it knows only what it is given, and asks no service for its opinion of
 * the money where the providers' books have one.
 *
 * @returns nothing for a run that kept them all
 */
export function check(evidence: Evidence): readonly Violation[] {
  return [
    ...noOrderLost(evidence),
    ...oneOrderPerKey(evidence),
    ...moneyAdmitted(evidence),
    ...everythingAtItsEnd(evidence),
    ...lawfulHistories(evidence),
    ...effectsOnce(evidence),
    ...nothingLeft(evidence),
    ...namedDeadLetters(evidence),
    ...notVacuous(evidence),
  ];
}
