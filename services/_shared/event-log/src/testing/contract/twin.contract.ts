import { createVirtualClock } from '@checkout/kernel/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryStorage } from '../../memory/index.ts';
import type { LogStorage } from '../../storage.port.ts';
import type { AppendRequest, DeadLetterChange } from '../../units.ts';
import { transactions } from '../requests.arbitrary.ts';
import { testIdentity } from '../units.builder.ts';
import { commit, everythingIn, type LogStorageSubject } from './context.ts';

/** A database and its twin in memory differ in what their clocks said and in the numbers of their letters, in nothing else. */
const ownWords = new Set(['recordedAt', 'createdAt', 'updatedAt', 'parkedAt', 'dueAt', 'seq']);
const comparable = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, inner: unknown) => (ownWords.has(key) ? 0 : inner)));

async function withNumbersOf(
  storage: LogStorage,
  transaction: readonly AppendRequest[],
): Promise<readonly AppendRequest[]> {
  const letters = await storage.deadLetters({ afterSeq: 0, limit: 100 });
  const numbered = (change: DeadLetterChange) => ({ ...change, seq: letters[change.seq]?.seq ?? 0 });
  return transaction.map(({ units: some, ...rest }) => ({
    ...rest,
    units: some.map((unit) => ({ ...unit, deadLetterChanges: (unit.deadLetterChanges ?? []).map(numbered) })),
  }));
}

const defaultSequences = 100;

/** Whatever is appended: the adapter answers and shows what its twin in memory does. */
export function describeTwin(subject: LogStorageSubject): void {
  describe('any sequence of transactions', () => {
    it('is answered and shown as by the twin in memory', async () => {
      const isTheSameAsInMemory = async (sequence: readonly (readonly AppendRequest[])[]) => {
        const storage = await subject.open();
        const twin = createMemoryStorage({ identity: testIdentity, clock: createVirtualClock() });
        try {
          for (const transaction of sequence) {
            const results = await commit(storage, ...(await withNumbersOf(storage, transaction)));
            const twinResults = await commit(twin, ...(await withNumbersOf(twin, transaction)));
            expect(comparable(results)).toEqual(comparable(twinResults));
          }
          expect(comparable(await everythingIn(storage))).toEqual(comparable(await everythingIn(twin)));
        } finally {
          await storage.close();
        }
      };
      await fc.assert(fc.asyncProperty(transactions, isTheSameAsInMemory), {
        numRuns: subject.sequences ?? defaultSequences,
      });
    });
  });
}
