import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type BenchContext, BenchError } from '../bench-context.ts';
import { type ServerProcess, startServer } from '../child/server-process.ts';
import { orderCurrency } from '../load/order-requests.ts';

/** The whole platform in a process of its own, as `npm start` runs it, with providers that answer at once. */
export type PlatformUnderTest = ServerProcess & {
  /** The order service's log. */
  readonly orderFile: string;
  /** What the payment provider's own books say in all, minor units. */
  readBooks(): Promise<Books>;
};

export type Books = {
  readonly authorized: number;
  readonly captured: number;
  readonly refunded: number;
  readonly voided: number;
};

const entry = fileURLToPath(import.meta.resolve('../../../_local/src/main.ts'));
/** Parcels arrive with their dispatch, and nobody is told by webhook what the platform knows from the answer. */
const environment = { SANDBOX_DELIVERY_MS: '0' };
const faults = { psp: { webhookRate: 0 }, carrier: { webhookRate: 0 } };

const amount = z.int();
const BooksSchema = z.record(
  z.string(),
  z.object({ authorized: amount, captured: amount, refunded: amount, voided: amount }),
);

/** @throws BenchError, StoppedError */
export async function startPlatform(context: BenchContext, dataDir: string): Promise<PlatformUnderTest> {
  const server = await startServer(context, { entry, dataDir, environment });
  try {
    const headers = { 'content-type': 'application/json' };
    const set = await fetch(`${server.url}/sandbox/faults`, { method: 'PUT', headers, body: JSON.stringify(faults) });
    if (set.status !== 200) throw new BenchError(`the sandbox answered its setting with ${set.status}`);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    ...server,
    orderFile: join(dataDir, 'order.db'),
    async readBooks() {
      const answer = await fetch(`${server.url}/sandbox/ledger/summary`);
      const books = BooksSchema.parse(await answer.json());
      return books[orderCurrency] ?? { authorized: 0, captured: 0, refunded: 0, voided: 0 };
    },
  };
}
