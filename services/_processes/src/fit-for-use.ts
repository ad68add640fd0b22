import { services } from '@checkout/contracts';
import { beginNextEpoch, LogInUseError, type Migrated } from '@checkout/event-log/mysql';
import { type ConnectionConfig, patiently } from '@checkout/hosting';
import type { Clock } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import { dropBus, prepareBus } from './prepare-bus.ts';
import { databaseAddress, type DatabaseOptions } from './prepare-databases.ts';

export type Restored = {
  /** That were restored, all as they were at one moment. */
  readonly databases: Omit<DatabaseOptions, 'partitions' | 'ids'>;
  readonly connection: ConnectionConfig;
  /** Of topics that are made. */
  readonly replicationFactor: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dryRun: boolean;
  /** Told what was done in each database. */
  readonly onDone?: (database: string, done: Migrated) => void;
};

/** What a process that was killed leaves behind, in a database or at a broker, is gone by then. */
const passesWithinMs = 60_000;

/**
 * Makes databases that were restored from a backup fit for use, and the bus with them: each log goes on in another epoch, and what
 * was published is taken away and published again. All services are to be stopped. May be done again.
 *
 * @throws LogInUseError, or an Error of the broker, when a service still runs after a minute; MigrationError
 */
export async function makeFitForUse(restored: Restored): Promise<void> {
  const { databases, connection, replicationFactor, clock, logger, dryRun, onDone = () => {} } = restored;
  const giveUpAtMs = clock.monotonic() + passesWithinMs;
  const inTime = <Value>(work: () => Promise<Value>, passes: (error: unknown) => boolean) =>
    patiently(work, { clock, withinMs: giveUpAtMs - clock.monotonic(), passes });
  for (const service of services) {
    const { url, ...login } = databaseAddress(databases, service);
    onDone(
      new URL(url).pathname.slice(1),
      await inTime(() => beginNextEpoch({ url, ...login, clock, dryRun }), isInUse),
    );
  }
  if (dryRun) return;
  // A group whose members were killed has them until it misses them.
  await inTime(
    () => dropBus(connection, { logger }),
    () => true,
  );
  await prepareBus(connection, { clock, logger, replicationFactor });
}

const isInUse = (error: unknown) => error instanceof LogInUseError;
