import { hostServices } from '@checkout/http';
import {
  createMetrics,
  createSystemClock,
  createSystemIds,
  createSystemRandom,
  type Environment,
  freePort,
  localUrl,
} from '@checkout/runtime';
import { createRecordingLogger } from '@checkout/runtime/testing';
import { loadLocalConfig } from '../src/config.ts';
import { openDataDirectory } from '../src/data-directory.ts';
import { composePlatform } from '../src/platform.ts';

export type RunningPlatform = {
  readonly url: string;
  readonly logger: ReturnType<typeof createRecordingLogger>;
  stop(): Promise<void>;
};

/** The platform as `npm start` composes it, in the test's own process, on a free port. */
export async function startPlatform(dataDir: string, environment: Environment = {}): Promise<RunningPlatform> {
  const port = await freePort();
  const config = loadLocalConfig({ SANDBOX_DELIVERY_MS: '20', ...environment, DATA_DIR: dataDir, PORT: String(port) });
  const { host } = config;
  const url = localUrl(host, port);
  const data = openDataDirectory(dataDir, { reset: false });
  const [clock, ids, logger] = [createSystemClock(), createSystemIds(), createRecordingLogger()];
  const hosted = composePlatform({
    config,
    url,
    secrets: data.secrets,
    clock,
    ids,
    random: createSystemRandom(),
    loggerFor: () => logger,
    onFatal(error) {
      throw error;
    },
  });
  const metrics = createMetrics('test');
  const running = await hostServices({
    hosted,
    title: 'Test',
    host,
    port,
    clock,
    ids,
    logger,
    metrics,
    graceMs: 1_000,
  });
  return {
    url,
    logger,
    async stop() {
      await running.stop();
      data.release();
    },
  };
}
