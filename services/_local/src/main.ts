import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import process from 'node:process';
import { runProgram } from '@checkout/http';
import { freePort, localUrl } from '@checkout/runtime';
import { helpText, readArguments } from './arguments.ts';
import { loadLocalConfig } from './config.ts';
import { openDataDirectory } from './data-directory.ts';
import { composePlatform } from './platform.ts';
import { welcomeText } from './welcome.ts';

const given = readArguments(process.argv.slice(2));
if (given.kind === 'help') {
  process.stdout.write(helpText);
} else if (given.kind === 'refused') {
  process.stderr.write(`${given.message}\n`);
  process.exitCode = 2;
} else {
  await runPlatform(given);
}

async function runPlatform({ environment, reset }: Extract<typeof given, { kind: 'run' }>): Promise<void> {
  await runProgram({
    name: 'checkout',
    title: 'Checkout Orchestrator',
    command: 'npm start',
    async configure() {
      const asked = { ...process.env, ...environment };
      const { host, port, dataDir } = loadLocalConfig(asked);
      // The services must know the platform's address before it listens: the providers are behind it.
      const known = { PORT: String(port === 0 ? await freePort(host) : port), DATA_DIR: resolve(dataDir) };
      return loadLocalConfig({ ...asked, ...known });
    },
    async open(config, { clock, ids, random, loggerFor, onFatal }) {
      const data = openDataDirectory(config.dataDir, { reset });
      const url = localUrl(config.host, config.port);
      const { secrets } = data;
      const platform = composePlatform({ config, url, secrets, clock, ids, random, loggerFor, onFatal });
      return {
        ...platform,
        async close() {
          await platform.close();
          data.release();
        },
      };
    },
    onReady({ host, port, dataDir, auth }) {
      const url = localUrl(host, port);
      const { pid } = process;
      process.stdout.write(welcomeText({ url, host, dataDir, auth, pid, idempotencyKey: randomUUID() }));
    },
  });
}
