import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..');

const DOMAIN = 'services/order/src/domain/order.ts';
const APPLICATION = 'services/order/src/application/place-order.ts';
const NESTED_APPLICATION = 'services/order/src/application/cancel/cancel-order.ts';
const ADAPTER = 'services/order/src/adapters/outbound/orders.mysql.ts';
const COMPOSITION = 'services/order/src/composition.ts';
const CONFIG = 'services/order/src/config.ts';
const MAIN = 'services/order/src/main.ts';
const SPEC = 'services/order/src/application/place-order.unit.spec.ts';
const COMPONENT_TEST = 'services/order/test/place-order.spec.ts';
const LIBRARY = 'services/_shared/event-log/src/group-commit.ts';
const LIBRARY_ADAPTER = 'services/_shared/event-log/src/sqlite/sqlite-storage.ts';
const RUNTIME = 'services/_shared/runtime/src/system.ts';
const KERNEL = 'services/_shared/kernel/src/money.ts';
const KERNEL_HASH = 'services/_shared/kernel/src/hash.ts';
const CONTRACTS = 'services/_shared/contracts/src/messages.ts';
const SIMULATION = 'services/_simulation/src/world.ts';
const PROGRAM = 'services/_bench/src/main.ts';

const IMPORTS = 'eslint(no-restricted-imports)';
const GLOBALS = 'eslint(no-restricted-globals)';
const PROPERTIES = 'eslint(no-restricted-properties)';
const ENVIRONMENT = 'node(no-process-env)';

type Report = { readonly diagnostics: readonly { readonly code: string; readonly filename: string }[] };

/**
 * Each case is a repository of its own in one temporary folder, with the real lint settings and one file, so that a
 * violation can be tried without one standing in the sources, and two runs of the linter serve all cases. Rules that need
 * types have a run of their own, as they are slow to start in a repository.
 */
type Case = { readonly folder: string; readonly path: string; readonly text: string };
const cases: Case[] = [];
let root: string;
let report: Report;

/** Declares a test: a file with this text, at each of these places, breaks just these rules. */
const expectRules = (
  title: string,
  paths: string | readonly string[],
  text: string,
  rules: readonly string[],
  run: 'syntax' | 'types' = 'syntax',
) => {
  const mine = [paths].flat().map((path, index) => ({ folder: `${run}/case-${cases.length + index}`, path, text }));
  cases.push(...mine);
  it(title, () => {
    for (const { folder, path } of mine) {
      const found = report.diagnostics.filter(({ filename }) =>
        filename.replaceAll('\\', '/').startsWith(`${folder}/`),
      );
      expect(found.map(({ code }) => code).toSorted(), path).toEqual(rules.toSorted());
    }
  });
};

beforeAll(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'lint-rules-')));
  symlinkSync(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'));
  for (const { folder, path, text } of cases) {
    const file = join(root, folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
    for (const settings of ['.oxlintrc.json', 'tsconfig.json']) {
      copyFileSync(join(REPOSITORY, settings), join(root, folder, settings));
    }
  }
  const runs = await Promise.all([lint('syntax'), lint('types', '--type-aware')]);
  report = { diagnostics: runs.flatMap(({ diagnostics }) => diagnostics) };
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const lint = async (folder: string, ...flags: readonly string[]): Promise<Report> => {
  const oxlint = join(REPOSITORY, 'node_modules', '.bin', 'oxlint');
  const run = promisify(execFile)(oxlint, [...flags, '--format=json', folder], { cwd: root, maxBuffer: 2 ** 26 });
  // It exits with 1 when it finds something, which here it must.
  const { stdout } = await run.catch((error: { readonly stdout: string }) => error);
  return JSON.parse(stdout) as Report;
};

const importing = (specifier: string) => `import { it } from '${specifier}';\n\nexport const again = it;`;
const using = (expression: string) => `export const used = () => ${expression};`;

describe('imports that are refused', () => {
  const REFUSED: readonly (readonly [string, path: string, specifier: string])[] = [
    ['the domain, an adapter', DOMAIN, '../adapters/outbound/orders.mysql.ts'],
    ['the domain, a use case', DOMAIN, '../application/place-order.ts'],
    ['the domain, the composition', DOMAIN, '../composition.ts'],
    ['the domain, a library', DOMAIN, '@checkout/messaging'],
    ['the domain, what runs of the event log', DOMAIN, '@checkout/event-log'],
    ['the domain, a package', DOMAIN, 'zod'],
    ['the domain, Node', DOMAIN, 'node:crypto'],
    ['the domain, test doubles', DOMAIN, '@checkout/kernel/testing'],
    ['a use case, an adapter', APPLICATION, '../adapters/outbound/orders.mysql.ts'],
    ['a nested use case, an adapter', NESTED_APPLICATION, '../../adapters/inbound/http/cancel-order.route.ts'],
    ['a use case, the settings', APPLICATION, '../config.ts'],
    ['a use case, a library’s adapter', APPLICATION, '@checkout/event-log/mysql'],
    ['a use case, a web framework', APPLICATION, 'hono'],
    ['a use case, a metrics library', APPLICATION, 'prom-client'],
    ['a use case, an http client', APPLICATION, 'undici'],
    ['a use case, a database', APPLICATION, 'node:sqlite'],
    ['a use case, Node’s timers', APPLICATION, 'node:timers/promises'],
    ['a use case, another service', APPLICATION, '@checkout/payment'],
    ['an adapter, another service', ADAPTER, '@checkout/payment'],
    ['an entry point, another service', MAIN, '@checkout/shipping'],
    ['a spec, another service', SPEC, '@checkout/payment'],
    ['a component test, the whole platform', COMPONENT_TEST, '@checkout/local'],
    ['a composition, the stand-in for its providers', COMPOSITION, '@checkout/sandbox'],
    ['a main, the stand-in for its providers', MAIN, '@checkout/sandbox'],
    ['a library, a service', LIBRARY, '@checkout/order'],
    ['a library, Node’s files', LIBRARY, 'node:fs/promises'],
    ['a library’s adapter, a service', LIBRARY_ADAPTER, '@checkout/order'],
    ['the kernel, the contracts', KERNEL, '@checkout/contracts'],
    ['the kernel, Node', KERNEL, 'node:crypto'],
    ['the contracts, a library', CONTRACTS, '@checkout/messaging'],
  ];
  for (const [title, path, specifier] of REFUSED) expectRules(title, path, importing(specifier), [IMPORTS]);

  expectRules('a framework’s types too', APPLICATION, `export type { Context } from 'hono';`, [IMPORTS]);
  expectRules('dynamic ones too', ADAPTER, using(`import('@checkout/payment')`), [IMPORTS]);
  expectRules('handed on too', ADAPTER, `export * from '@checkout/payment';`, [IMPORTS]);
});

describe('imports that are allowed', () => {
  const ALLOWED: readonly (readonly [string, path: string, specifier: string])[] = [
    ['the domain, its neighbour', DOMAIN, './money.ts'],
    ['the domain, the kernel', DOMAIN, '@checkout/kernel'],
    ['the domain, the contracts', DOMAIN, '@checkout/contracts'],
    ['a use case, the domain', APPLICATION, '../domain/order.ts'],
    ['a use case, its port', APPLICATION, './ports/payment-gateway.port.ts'],
    ['a use case, a library’s port', APPLICATION, '@checkout/event-log'],
    ['an adapter, a use case', ADAPTER, '../../application/place-order.ts'],
    ['an adapter, a driver', ADAPTER, 'mysql2'],
    ['an adapter, Node', ADAPTER, 'node:crypto'],
    ['an adapter, a library’s adapter', ADAPTER, '@checkout/event-log/mysql'],
    ['a library’s adapter, Node', LIBRARY_ADAPTER, 'node:sqlite'],
    ['a spec, a library’s adapter', SPEC, '@checkout/event-log/sqlite'],
    ['a spec, test doubles', SPEC, '@checkout/kernel/testing'],
    ['a component test, the stand-in for its providers', COMPONENT_TEST, '@checkout/sandbox'],
    ['the kernel’s hash, Node’s', KERNEL_HASH, 'node:crypto'],
    ['the contracts, schemas', CONTRACTS, 'zod'],
    ['a composition of services, a service', 'services/_local/src/platform.ts', '@checkout/payment'],
  ];
  for (const [title, path, specifier] of ALLOWED) expectRules(title, path, importing(specifier), []);

  expectRules('the domain, the type of a decider', DOMAIN, `export type { Decider } from '@checkout/event-log';`, []);
  expectRules('a library, Node’s types', LIBRARY, `export type { Server } from 'node:http';`, []);

  for (const library of readdirSync(join(REPOSITORY, 'services', '_shared'))) {
    expectRules(`an adapter, the library ${library}`, ADAPTER, importing(`@checkout/${library}`), []);
  }
});

describe('time, chance and the outside world', () => {
  const BANNED: readonly (readonly [expression: string, rule: string])[] = [
    ['Date.now()', GLOBALS],
    ['new Date()', GLOBALS],
    ['performance.now()', GLOBALS],
    ['globalThis.Date', GLOBALS],
    ['setTimeout(() => {}, 1)', GLOBALS],
    ['setInterval(() => {}, 1)', GLOBALS],
    ['setImmediate(() => {})', GLOBALS],
    ['crypto.randomUUID()', GLOBALS],
    ['fetch("http://provider")', GLOBALS],
    ['process.pid', GLOBALS],
    ['Math.random()', PROPERTIES],
  ];
  const PURE = [APPLICATION, DOMAIN, COMPOSITION, KERNEL, CONTRACTS, LIBRARY, SIMULATION];
  const FREE = [ADAPTER, MAIN, CONFIG, SPEC, COMPONENT_TEST, LIBRARY_ADAPTER, RUNTIME, PROGRAM];

  for (const [expression, rule] of BANNED) {
    expectRules(`${expression} is refused where the simulator decides`, PURE, using(expression), [rule]);
    expectRules(`${expression} is allowed at the edge`, FREE, using(expression), []);
  }
  expectRules('a microtask is no timer', APPLICATION, using('queueMicrotask(() => {})'), []);
});

describe('settings', () => {
  expectRules('are handed down to a use case', APPLICATION, using('process.env'), [ENVIRONMENT, GLOBALS]);
  expectRules('are handed down to adapters', [ADAPTER, LIBRARY_ADAPTER, RUNTIME], using('process.env'), [ENVIRONMENT]);
  expectRules('may be read at the top', [MAIN, CONFIG, SPEC, PROGRAM], using('process.env'), []);
});

describe('everywhere', () => {
  expectRules(
    'a promise that nobody waits for is refused',
    ADAPTER,
    'export const send = () => {\n  Promise.resolve(1);\n};',
    ['typescript(no-floating-promises)'],
    'types',
  );
  expectRules(
    'a promise where a function without one is meant is refused',
    ADAPTER,
    `export const each = (list: number[]) => list.forEach(async () => undefined);`,
    ['typescript(no-misused-promises)'],
    'types',
  );
  expectRules(
    'a switch that forgets a case is refused',
    DOMAIN,
    `export const f = (s: 'open' | 'closed') => {\n  switch (s) {\n    case 'open':\n      return 1;\n  }\n  return 2;\n};`,
    ['typescript(switch-exhaustiveness-check)'],
    'types',
  );
  expectRules('a service writes to its log, not to the console', MAIN, using('console.log(1)'), ['eslint(no-console)']);
  expectRules('a program may write to the console', PROGRAM, using('console.log(1)'), []);
});
