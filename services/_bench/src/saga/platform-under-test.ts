import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchContext } from '../bench-context.ts';
import { type ServerProcess, startServer } from '../child/server-process.ts';
import { type Books, readBooks } from './books.ts';
import { immediateDelivery, withoutWebhooks } from './sandbox-process.ts';

/** The whole platform in a process of its own, as `npm start` runs it, with providers that answer at once. */
export type PlatformUnderTest = ServerProcess & {
  /** The order service's log. */
  readonly orderFile: string;
  /** What the payment provider's own books say in all, minor units. */
  readBooks(): Promise<Books>;
};

const entry = fileURLToPath(import.meta.resolve('../../../_local/src/main.ts'));

/** @throws BenchError, StoppedError */
export async function startPlatform(context: BenchContext, dataDir: string): Promise<PlatformUnderTest> {
  const server = await startServer(context, { entry, dataDir, environment: immediateDelivery });
  const sandboxUrl = `${server.url}/sandbox`;
  try {
    await withoutWebhooks(sandboxUrl);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    ...server,
    orderFile: join(dataDir, 'order.db'),
    readBooks: () => readBooks(sandboxUrl),
  };
}
