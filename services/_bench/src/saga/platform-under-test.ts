import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqliteLogReader } from '@checkout/event-log/sqlite';
import { freePort } from '@checkout/runtime';
import { type BenchContext, BenchError } from '../bench-context.ts';
import { type ServerProcess, startServer } from '../child/server-process.ts';
import type { FollowedLog } from './order-endings.ts';
import { immediateDelivery, withoutWebhooks } from './sandbox-process.ts';

/** The whole platform, in processes of its own. */
export type PlatformUnderTest = Pick<ServerProcess, 'url' | 'usage' | 'stop' | 'kill'> & {
  /** Of the sandbox, without a slash at its end. */
  readonly providersUrl: string;
  openOrderLog(): Promise<FollowedLog>;
  /** Starts again what was killed, at the same address on the same data. Resolves when it is ready. */
  restart(): Promise<void>;
};

const entry = fileURLToPath(import.meta.resolve('../../../_local/src/main.ts'));

/** In one process on files, sandbox and all, as `npm start` runs it. @throws BenchError, StoppedError */
export async function startPlatform(context: BenchContext, dataDir: string): Promise<PlatformUnderTest> {
  const port = await freePort();
  const start = () => startServer(context, { entry, dataDir, port, environment: immediateDelivery });
  let server = await start();
  const providersUrl = `${server.url}/sandbox`;
  try {
    await withoutWebhooks(providersUrl);
    return {
      url: server.url,
      providersUrl,
      openOrderLog: () => Promise.resolve(openOrderFile(join(dataDir, 'order.db'))),
      usage: () => server.usage(),
      stop: () => server.stop(),
      kill: () => server.kill(),
      async restart() {
        server = await start();
        await withoutWebhooks(providersUrl);
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** @throws BenchError when there is no such log */
export function openOrderFile(file: string): FollowedLog {
  const reader = openSqliteLogReader(file);
  if (reader === undefined) throw new BenchError(`${file} is not there`);
  return reader;
}
