import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { type BenchContext, BenchError } from '../bench-context.ts';
import { startServer } from '../child/server-process.ts';
import { openConnection } from '../load/connection.ts';
import { type Measurement, measure } from '../load/measure.ts';
import { createOrderRequests, ordersPath } from '../load/order-requests.ts';
import type { CommitVariant } from './commit-variants.ts';

export type AcceptRun = {
  readonly variant: CommitVariant;
  readonly connections: number;
  /** Empty, or with an `order.db` that is to be filled further. */
  readonly dataDir: string;
  readonly label: string;
};

const entry = fileURLToPath(import.meta.resolve('./accept-server.ts'));
const orderFile = (dataDir: string) => join(dataDir, 'order.db');

/**
 * One run of B1: places orders over so many connections at the order service alone, and holds the 201s against the log.
 *
 * @throws BenchError when anything but a 201 was answered, or an order that was acknowledged is not in the log
 */
export async function runAccept(context: BenchContext, run: AcceptRun): Promise<Measurement> {
  const { variant, connections, dataDir, label } = run;
  const before = countCreated(dataDir);
  const server = await startServer(context, { entry, dataDir, environment: { BENCH_COMMIT: variant } });
  const open = Array.from({ length: connections }, () => openConnection(server.url));
  const nextRequest = createOrderRequests();
  let accepted = 0;

  const operate = async (worker: number) => {
    const { key, body } = nextRequest();
    const answer = await (open[worker] as (typeof open)[number]).post(ordersPath, key, body);
    if (answer.status !== 201) throw new BenchError(`an order was answered with ${answer.status}: ${answer.body}`);
    accepted += 1;
  };

  let measurement: Measurement;
  try {
    measurement = await measure(context, {
      server,
      concurrency: connections,
      operate,
      warmUpMs: context.warmUpMs.accept,
      label,
    });
  } finally {
    await Promise.all(open.map((connection) => connection.close()));
    await server.stop();
  }
  const recorded = countCreated(dataDir) - before;
  if (recorded !== accepted) throw new BenchError(`${accepted} orders were accepted, and ${recorded} are in the log`);
  return measurement;
}

/** From the file itself: what a restart would find. */
function countCreated(dataDir: string): number {
  const database = openExisting(orderFile(dataDir));
  if (database === undefined) return 0;
  try {
    const row = database.prepare("SELECT count(*) AS count FROM log WHERE type = 'OrderCreated'").get();
    return Number(row?.['count']);
  } finally {
    database.close();
  }
}

function openExisting(file: string): DatabaseSync | undefined {
  try {
    return new DatabaseSync(file, { readOnly: true });
  } catch {
    // A log that no server has made yet holds no orders; one that cannot be read fails the server's start.
    return undefined;
  }
}
