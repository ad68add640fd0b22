import { assertNever, type Clock } from '@checkout/kernel';
import type { ApplyOperation } from './apply-operation.ts';
import type { LandingSignals } from './landing-signals.ts';
import type { Effect, Ledger, LedgerRecords } from './ports/ledger.port.ts';

/** Effects in one transaction. */
const maxBatch = 200;

type Landed = Extract<Effect, { readonly kind: 'landing' }>;

/** Lets what is due happen: late operations land, parcels arrive. The work of the effects' `DueWorker`. */
export function createRunEffects(deps: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly apply: ApplyOperation;
  readonly landings: LandingSignals;
}): () => Promise<number | undefined> {
  const { ledger, clock, apply, landings } = deps;

  const land = (records: LedgerRecords, { operation, key, keepsRefusals }: Landed) => {
    const { provider } = operation;
    const pending = records.keys.find(provider, key);
    const answer = apply.operation(records, operation);
    const isKept = answer?.kind === 'done' || (answer !== undefined && keepsRefusals);
    if (pending !== undefined && isKept) records.keys.save({ ...pending, answer });
    else records.keys.remove(provider, key);
  };

  const happen = (records: LedgerRecords, effect: Effect) => {
    switch (effect.kind) {
      case 'landing':
        return land(records, effect);
      case 'arrival':
        return apply.arrival(records, effect.reference);
      default:
        return assertNever(effect);
    }
  };

  return async () => {
    const { landed, nextDueMs } = await ledger.transact((records) => {
      const due = records.effects.due(clock.now(), maxBatch);
      for (const { seq, item } of due) {
        happen(records, item);
        records.effects.remove(seq);
      }
      return {
        landed: due.flatMap(({ item }) => (item.kind === 'landing' ? [item] : [])),
        nextDueMs: records.effects.nextDueMs(),
      };
    });
    for (const { operation, key } of landed) landings.signal(operation.provider, key);
    return nextDueMs;
  };
}
