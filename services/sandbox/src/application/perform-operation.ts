import { canonicalJson, type Clock, sha256Hex } from '@checkout/kernel';
import type { Answer } from '../domain/answer.ts';
import type { Operation } from '../domain/operation.ts';
import type { ApplyOperation } from './apply-operation.ts';
import type { DueWorker } from './due-worker.ts';
import type { FaultDice } from './fault-dice.ts';
import type { LandingSignals } from './landing-signals.ts';
import type { Ledger, LedgerRecords } from './ports/ledger.port.ts';

export type PerformRequest = {
  readonly operation: Operation;
  readonly key: string;
  /**
   * An answer that refused is kept for a key that the caller chose. A key that only stands for the operation keeps what was
   * done, so that a refusal may turn into success: a dispatch before its booking has landed.
   */
  readonly keepsRefusals: boolean;
};

/** What the request is told. */
export type Performed =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly replayed: boolean }
  | { readonly kind: 'key-reused' }
  /** The provider fails; nothing happened and the key is free. */
  | { readonly kind: 'failed' }
  /** Nothing, ever. */
  | { readonly kind: 'silent' }
  /** Nothing until an earlier request with this key has landed; then perform it again. */
  | { readonly kind: 'landing'; readonly landed: Promise<void> };

export type PerformOperation = (request: PerformRequest) => Promise<Performed>;

/**
 * One effect per idempotency key: the first request decides, all others get its answer. Whatever it resolves with is
 * durable.
 */
export function createPerformOperation(deps: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly dice: FaultDice;
  readonly apply: ApplyOperation;
  readonly landings: LandingSignals;
  readonly effects: Pick<DueWorker, 'wake'>;
}): PerformOperation {
  const { ledger, clock, dice, apply, landings, effects } = deps;

  const first = (records: LedgerRecords, request: PerformRequest, operationHash: string): Performed => {
    const { operation, key, keepsRefusals } = request;
    const { provider } = operation;
    const landing = dice.landing(operation);
    if (landing.kind === 'never') return { kind: 'silent' };
    if (landing.kind === 'later') {
      const dueAtMs = clock.now() + landing.afterMs;
      records.keys.save({ provider, key, operationHash });
      records.effects.add({ kind: 'landing', key, keepsRefusals, operation }, dueAtMs);
      effects.wake(dueAtMs);
      return { kind: 'silent' };
    }
    const answer = apply.operation(records, operation);
    if (answer === undefined) return { kind: 'failed' };
    if (answer.kind === 'done' || keepsRefusals) records.keys.save({ provider, key, operationHash, answer });
    return { kind: 'answered', answer, replayed: false };
  };

  return (request) => {
    const { operation, key } = request;
    const operationHash = sha256Hex(canonicalJson(operation));
    return ledger.transact((records): Performed => {
      const known = records.keys.find(operation.provider, key);
      if (known === undefined) return first(records, request, operationHash);
      if (known.operationHash !== operationHash) return { kind: 'key-reused' };
      if (known.answer !== undefined) return { kind: 'answered', answer: known.answer, replayed: true };
      return { kind: 'landing', landed: landings.landed(operation.provider, key) };
    });
  };
}
