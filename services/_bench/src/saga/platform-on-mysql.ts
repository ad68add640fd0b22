import { fileURLToPath } from 'node:url';
import { freePort } from '@checkout/runtime';
import type { BenchContext } from '../bench-context.ts';
import { startServer } from '../child/server-process.ts';
import { openTestBed } from '../servers/test-bed.ts';
import type { PlatformUnderTest } from './platform-under-test.ts';
import { startSandbox } from './sandbox-process.ts';

const entry = fileURLToPath(import.meta.resolve('./mysql-platform-server.ts'));

/** All services in one process, each on its own database of a MySQL server, and no broker. @throws BenchError, StoppedError */
export async function startPlatformOnMysql(context: BenchContext): Promise<PlatformUnderTest> {
  const { workspace } = context;
  const bed = await openTestBed(context, { kafka: false });
  const closing: (() => Promise<void>)[] = [() => bed.close()];
  const close = async () => {
    for (const end of closing.splice(0).toReversed()) await end();
  };
  try {
    const sandbox = await startSandbox(context, workspace.directory('sandbox'));
    closing.push(() => sandbox.stop());
    const port = await freePort();
    const environment = {
      DATABASE_URLS: JSON.stringify(bed.databaseUrls),
      LOG_PARTITIONS: String(bed.partitions),
      PROVIDERS_URL: sandbox.url,
    };
    const dataDir = workspace.directory('one-process');
    const start = () => startServer(context, { entry, dataDir, port, environment });
    let server = await start();
    closing.push(() => server.stop());
    return {
      url: server.url,
      providersUrl: sandbox.url,
      openOrderLog: () => bed.openLog(),
      usage: () => server.usage(),
      stop: close,
      kill: () => server.kill(),
      async restart() {
        server = await start();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
