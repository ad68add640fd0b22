import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createSystemClock, freePorts } from '@checkout/runtime';
import { createSilentLogger } from '@checkout/runtime/testing';
import { describe, expect, test } from 'vitest';
import { dropDatabases } from './drop-databases.ts';
import { processNames } from './plan.ts';
import { dropBus } from './prepare-bus.ts';
import { loadServers } from './settings.ts';

const { MYSQL_URL, KAFKA_BROKERS } = process.env;
const main = fileURLToPath(new URL('main.ts', import.meta.url));

describe.skipIf(!MYSQL_URL || !KAFKA_BROKERS)('npm run services on MySQL and Kafka', () => {
  test('ends with all services when one of them cannot start', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'checkout-services-'));
    const port = await freePorts(processNames.length);
    const occupied = createServer().listen(port + processNames.indexOf('shipping'), '127.0.0.1');
    await once(occupied, 'listening');
    const run = `services_${process.pid}`;
    const environment = {
      ...process.env,
      BUS: 'kafka',
      BUS_PREFIX: `${run}.`,
      MYSQL_DATABASE_PREFIX: `${run}_`,
      LOG_PARTITIONS: '1',
      DATA_DIR: dataDir,
      PORT: String(port),
    };
    try {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
        env: environment,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number | null];

      expect(said).toContain('shipping has ended (exit code 1): stopping the others ...');
      expect(said).toMatch(/shipping +\| .*port \d+ on 127\.0\.0\.1 is taken/);
      expect(code).toBe(1);
    } finally {
      occupied.close();
      const { mysqlUrl: serverUrl, databasePrefix: prefix, connection } = loadServers(environment);
      await dropDatabases({ serverUrl, prefix, clock: createSystemClock() });
      await dropBus(connection(), { logger: createSilentLogger() });
      rmSync(dataDir, { recursive: true });
    }
  }, 90_000);
});
