import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type BenchContext, BenchError } from '../bench-context.ts';
import { startServer } from '../child/server-process.ts';
import { openConnection } from '../load/connection.ts';
import { type Measurement, measure } from '../load/measure.ts';
import { createOrderRequests, ordersPath } from '../load/order-requests.ts';
import type { TestBed } from '../servers/test-bed.ts';
import type { CommitVariant } from './commit-variants.ts';

export type AcceptRun = {
  readonly variant: CommitVariant;
  readonly connections: number;
  /** Empty, or with an `order.db` that is to be filled further. */
  readonly dataDir: string;
  /** The order service's database and its topics; without it, everything is in the data directory. */
  readonly bed?: TestBed | undefined;
  readonly label: string;
  /** Of the server, besides. */
  readonly environment?: Readonly<Record<string, string>>;
};

const entry = fileURLToPath(import.meta.resolve('./accept-server.ts'));
const countStatement = "SELECT count(*) AS count FROM log WHERE type = 'OrderCreated'";

/**
 * One run of B1: places orders over so many connections at the order service alone, and holds the 201s against the log.
 *
 * @throws BenchError when anything but a 201 was answered, or an order that was acknowledged is not in the log
 */
export async function runAccept(context: BenchContext, run: AcceptRun): Promise<Measurement> {
  const { variant, connections, dataDir, bed, label } = run;
  const before = await countCreated(run);
  const environment = { BENCH_COMMIT: variant, ...bed?.environmentOf('order'), ...run.environment };
  const server = await startServer(context, { entry, dataDir, environment });
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
  const recorded = (await countCreated(run)) - before;
  if (recorded !== accepted) throw new BenchError(`${accepted} orders were accepted, and ${recorded} are in the log`);
  return measurement;
}

/** From the log itself: what a restart would find. */
async function countCreated({ dataDir, bed }: AcceptRun): Promise<number> {
  if (bed === undefined) return countInFile(join(dataDir, 'order.db'));
  const connection = await createConnection(bed.databaseUrls.order);
  try {
    const [rows] = await connection.query<(RowDataPacket & { count: number })[]>(countStatement);
    return Number(rows[0]?.count);
  } finally {
    await connection.end();
  }
}

function countInFile(file: string): number {
  const database = openExisting(file);
  if (database === undefined) return 0;
  try {
    return Number(database.prepare(countStatement).get()?.['count']);
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
