import { services } from '@checkout/contracts';
import { beginNextEpoch, LogInUseError, type Migrated } from '@checkout/event-log/mysql';
import type { ConnectionConfig } from '@checkout/hosting';
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

/** A lease that the backup has lasts for seconds; one that lasts longer is a service's. */
const leaseWaitMs = 15_000;
const againMs = 1_000;

/**
 * Makes databases that were restored from a backup fit for use, and the bus with them: each log goes on in another epoch, and what
 * was published is taken away and published again. All services are to be stopped. May be done again.
 *
 * @throws LogInUseError when a service still runs; MigrationError; Error when the broker does not answer
 */
export async function makeFitForUse(restored: Restored): Promise<void> {
  const { databases, connection, replicationFactor, clock, logger, dryRun, onDone = () => {} } = restored;
  const giveUpAtMs = clock.monotonic() + leaseWaitMs;
  for (const service of services) {
    const { url, ...login } = databaseAddress(databases, service);
    onDone(new URL(url).pathname.slice(1), await beginInTime({ url, ...login, clock, dryRun }, giveUpAtMs));
  }
  if (dryRun) return;
  await dropBus(connection, { logger });
  await prepareBus(connection, { clock, logger, replicationFactor });
}

async function beginInTime(address: Parameters<typeof beginNextEpoch>[0], giveUpAtMs: number): Promise<Migrated> {
  for (;;) {
    try {
      return await beginNextEpoch(address);
    } catch (error) {
      if (!(error instanceof LogInUseError) || address.clock.monotonic() >= giveUpAtMs) throw error;
    }
    await address.clock.sleep(againMs);
  }
}
