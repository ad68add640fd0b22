import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { loadAntifraudConfig } from '@checkout/antifraud/config';
import { loadLocalConfig } from '@checkout/local/config';
import { loadOrchestratorConfig } from '@checkout/orchestrator/config';
import { loadOrderConfig } from '@checkout/order/config';
import { loadPaymentConfig } from '@checkout/payment/config';
import { ConfigError, type Environment } from '@checkout/runtime';
import { loadSandboxConfig } from '@checkout/sandbox/config';
import { loadShippingConfig } from '@checkout/shipping/config';
import { leaks } from './answer.ts';
import type { ConfigCase, ProcessCase, Program } from './notation.ts';

const loaders: Readonly<Record<Program, (environment: Environment) => unknown>> = {
  local: loadLocalConfig,
  order: loadOrderConfig,
  orchestrator: loadOrchestratorConfig,
  antifraud: loadAntifraudConfig,
  payment: loadPaymentConfig,
  shipping: loadShippingConfig,
  sandbox: loadSandboxConfig,
};

/** Enough for each program to start; a case takes from it and adds to it. */
const working: Environment = {
  AUTH: 'off',
  BUREAU_URL: 'http://127.0.0.1:8085/bureau',
  PSP_URL: 'http://127.0.0.1:8085/psp',
  PSP_WEBHOOK_SECRET: 'sixteen characters',
  CARRIER_URL: 'http://127.0.0.1:8085/carrier',
  CARRIER_WEBHOOK_SECRET: 'sixteen characters',
};

/** What is wrong with how a program refuses an environment; nothing when it names every fault, and no others, at once. */
export function configComplaints({ program, set, remove, expect }: ConfigCase): readonly string[] {
  const environment = { ...working, ...set, ...Object.fromEntries(remove.map((name) => [name, undefined])) };
  try {
    loaders[program](environment);
    return ['it was accepted'];
  } catch (error) {
    if (!(error instanceof ConfigError)) return [`it threw ${String(error)}`];
    const found = error.faults.map(({ variable }) => variable).toSorted();
    const wanted = expect.faults.toSorted();
    return [
      ...(found.join() === wanted.join() ? [] : [`it names ${found.join()}, not ${wanted.join()}`]),
      ...(/\p{Cc}/u.test(error.message) ? ['its message is not one line'] : []),
      ...(expect.lacks !== undefined && error.message.includes(expect.lacks) ? ['it repeats a secret'] : []),
    ];
  }
}

/** Runs a program as a process of its own, and says what is wrong with its end. */
export async function processComplaints(one: ProcessCase, dataDir: string): Promise<readonly string[]> {
  const { program, args, environment, expect } = one;
  const main = fileURLToPath(
    new URL(`../../../${program === 'local' ? '_local' : program}/src/main.ts`, import.meta.url),
  );
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    env: { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: '0', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return [
    ...(code === expect.exit ? [] : [`it ended with ${code}, not ${expect.exit}: ${said}`]),
    ...expect.says.flatMap((text) => (said.includes(text) ? [] : [`it does not say ${text}: ${said}`])),
    ...(said.trimEnd().includes('\n') ? [`it says more than a line: ${said}`] : []),
    ...leaks(said, JSON.stringify([args, environment, dataDir])),
  ];
}
