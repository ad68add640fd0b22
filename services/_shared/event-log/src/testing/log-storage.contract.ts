import { afterEach, beforeEach, describe } from 'vitest';
import type { LogStorage } from '../storage.port.ts';
import { describeAppends } from './contract/append.contract.ts';
import type { ContractContext, LogStorageSubject } from './contract/context.ts';
import { describeDeadLetters } from './contract/dead-letters.contract.ts';
import { describeKeysAndOffsets } from './contract/keys-and-offsets.contract.ts';
import { describeLeases } from './contract/leases.contract.ts';
import { describeReadModel } from './contract/read-model.contract.ts';
import { describeTwin } from './contract/twin.contract.ts';
import { describeValues } from './contract/values.contract.ts';

export type { DatabaseClock, LogStorageSubject } from './contract/context.ts';

/**
 * The contract of a log's storage, one suite for every adapter: in memory, SQLite, MySQL, simulated. It sees only what the
 * port shows, and takes nothing for granted that another process or another clock could change.
 */
export function describeLogStorage(name: string, subject: LogStorageSubject): void {
  describe(`log storage: ${name}`, () => {
    let storage: LogStorage;
    let second: LogStorage | undefined;
    beforeEach(async () => {
      second = undefined;
      storage = await subject.open();
    });
    afterEach(async () => {
      await second?.close();
      await storage.close();
    });

    const context: ContractContext = {
      storage: () => storage,
      async secondStorage() {
        second ??= await subject.openAgain?.();
        return second ?? storage;
      },
      clock: subject.clock,
    };
    describeAppends(context);
    describeKeysAndOffsets(context);
    describeLeases(context);
    describeReadModel(context);
    describeDeadLetters(context);
    describeValues(context);
    describeTwin(subject);
  });
}
