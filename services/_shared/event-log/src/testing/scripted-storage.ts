import type { CommitResult, LogStorage } from '../storage.port.ts';
import type { AppendRequest } from '../units.ts';

/**
 * What becomes of a commit.
 * - `locked`: rolled back, trying again helps. `refused`: rolled back, it does not.
 * - `lost-before`: the connection dies and nothing was committed. `lost-after`: it dies after the commit.
 * - `throws`: the adapter breaks its contract.
 */
export type CommitFate = 'committed' | 'locked' | 'refused' | 'lost-before' | 'lost-after' | 'throws';

export type ScriptedStorage = LogStorage & {
  /** Sets the fates of the next commits; those after the last are committed. */
  readonly next: (...fates: readonly CommitFate[]) => void;
  /** Forgets the fates that have not come about: from now on all is committed. */
  readonly recover: () => void;
  /** The requests of every commit that was tried. */
  readonly commits: readonly (readonly AppendRequest[])[];
  /** Holds every commit back until the function that it returns is called. */
  readonly hold: () => () => void;
};

/** A storage whose commits end as the test says. */
export function createScriptedStorage(storage: LogStorage): ScriptedStorage {
  const commits: (readonly AppendRequest[])[] = [];
  const fates: CommitFate[] = [];
  let held: Promise<void> = Promise.resolve();

  const commit = async (requests: readonly AppendRequest[]): Promise<CommitResult> => {
    commits.push(requests);
    await held;
    const fate = fates.shift() ?? 'committed';
    const error = new Error(fate);
    switch (fate) {
      case 'committed':
        return storage.commit(requests);
      case 'locked':
        return { kind: 'rolled-back', error, retryable: true };
      case 'refused':
        return { kind: 'rolled-back', error, retryable: false };
      case 'lost-before':
        return { kind: 'unknown', error };
      case 'lost-after':
        await storage.commit(requests);
        return { kind: 'unknown', error };
      case 'throws':
        throw error;
    }
  };

  return {
    ...storage,
    commit,
    commits,
    next: (...more) => void fates.push(...more),
    recover: () => void fates.splice(0),
    hold() {
      const gate = Promise.withResolvers<void>();
      held = gate.promise;
      return gate.resolve;
    },
  };
}
