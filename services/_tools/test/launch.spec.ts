import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findNpm } from '../src/npm.mjs';
import { stampOf } from '../src/packages.mjs';

const LAUNCH = pathToFileURL(join(import.meta.dirname, '..', 'src', 'launch.mjs')).href;
const LOCK_TEXT = JSON.stringify({ name: 'fixture', version: '0.0.0', lockfileVersion: 3, packages: { '': {} } });
const DEADLINE = { timeout: 60_000, interval: 20 };

/** A repository in small, in a folder with a space: the real launcher and the real npm, a table of its own, no packages. */
let root: string;
let running: ChildProcess[];

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'launch fixture ')));
  running = [];
  write(
    'package.json',
    JSON.stringify({ name: 'fixture', version: '0.0.0', scripts: { start: 'exec node launch.mjs start' } }),
  );
  write('package-lock.json', LOCK_TEXT);
  write(
    'launch.mjs',
    `import { launch } from ${JSON.stringify(LAUNCH)};
     const commands = { start: { summary: 'start', entry: 'entry.mjs', args: ['from-table'] } };
     process.exitCode = await launch({ root: import.meta.dirname, commands, argv: process.argv.slice(2) });`,
  );
  write('entry.mjs', 'console.log(JSON.stringify(process.argv.slice(2)));');
});

afterEach(async () => {
  for (const child of running.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  rmSync(root, { recursive: true, force: true });
});

const write = (name: string, text: string) => writeFileSync(join(root, name), text);
const lockFile = () => join(root, '.cache', 'install.lock');
const stampFile = () => join(root, 'node_modules', '.stamp');

const holdLock = (pids: readonly number[], host = hostname()) => {
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(lockFile(), JSON.stringify({ token: 'other', host, pids }));
};

/** Neither another npm's settings nor the test runner's may leak into the npm under test. */
const cleanEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|vitest|node_options|node_compile_cache)/i.test(name)),
  );

const run = (file: string, args: readonly string[], cwd = root, env: NodeJS.ProcessEnv = {}) => {
  const child = spawn(file, args, { cwd, env: { ...cleanEnv(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  const seen = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (seen.stderr += text));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...seen }));
  return { child, seen, ended };
};
const launch = (...args: string[]) => run(process.execPath, ['launch.mjs', ...args]);
/** As `npm run` does it, with another npm. */
const launchWith = (npmScript: string) =>
  run(process.execPath, ['launch.mjs', 'start'], root, { npm_execpath: npmScript });
const npm = (args: readonly string[], cwd = root) => run(process.execPath, [findNpm() ?? 'npm', ...args], cwd);

describe('starting a command', () => {
  it('installs, then hands the table’s and the caller’s arguments to the entry', async () => {
    const { code, stdout, stderr } = await launch('start', '--help', 'a b').ended;
    expect(JSON.parse(stdout)).toEqual(['from-table', '--help', 'a b']);
    expect(stderr).toMatch(/^Installing packages \.\.\.\nInstalling packages: done in \d+ s\n$/);
    expect(code).toBe(0);
  });

  it('says what is in the way when it cannot keep what it brings', async () => {
    write('.cache', 'a file');
    const { code, stderr } = await launch('start').ended;
    expect(stderr).toBe(
      `${join(root, '.cache')} cannot be written (EEXIST). Something else lies there: move it away, and try again.\n`,
    );
    expect(code).toBe(1);
  });

  it('works through npm from another folder', async () => {
    const { code, stdout } = await npm(['--silent', '--prefix', root, 'start', '--', '--port', '1'], tmpdir()).ended;
    expect(JSON.parse(stdout)).toEqual(['from-table', '--port', '1']);
    expect(code).toBe(0);
  });

  it('lets programs that the entry starts find the chosen Node by name', async () => {
    write(
      'entry.mjs',
      `import { execSync } from 'node:child_process'; execSync('node -p process.execPath', { stdio: 'inherit' });`,
    );
    const { stdout } = await launch('start').ended;
    expect(stdout.trim()).toBe(process.execPath);
  });

  it('keeps what Node compiled beside the other things that it brought, or where it was told to', async () => {
    write('entry.mjs', 'console.log(process.env.NODE_COMPILE_CACHE);');
    expect((await launch('start').ended).stdout.trim()).toBe(join(root, '.cache', 'compiled'));
    const elsewhere = join(root, 'elsewhere');
    const told = run(process.execPath, ['launch.mjs', 'start'], root, { NODE_COMPILE_CACHE: elsewhere });
    expect((await told.ended).stdout.trim()).toBe(elsewhere);
  });

  it('exits with the entry’s code', async () => {
    write('entry.mjs', 'process.exit(7);');
    expect((await launch('start').ended).code).toBe(7);
    expect((await npm(['start']).ended).code).toBe(7);
  });

  it('exits with 128 and the signal’s number if the entry was killed', async () => {
    write('entry.mjs', `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`);
    expect((await launch('start').ended).code).toBe(137);
  });

  it('lists the commands for a name that it does not know', async () => {
    const { code, stderr } = await launch('toString').ended;
    expect(stderr).toMatch(/There is no command "toString"\.[^]*Usage:[^]*start/);
    expect(code).toBe(2);
  });
});

describe('signals', () => {
  const ANSWERING = `
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { console.log('got ' + signal); process.exit(3); });
    setInterval(() => {}, 1000);
    console.log('up');`;

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s reaches the entry, whose exit code is the answer',
    async (signal) => {
      write('entry.mjs', ANSWERING);
      const { child, seen, ended } = launch('start');
      await vi.waitFor(() => expect(seen.stdout).toContain('up'), DEADLINE);
      child.kill(signal);
      const { code, stdout } = await ended;
      expect(stdout).toContain(`got ${signal}`);
      expect(code).toBe(3);
    },
  );

  it.each(['SIGINT', 'SIGTERM'] as const)('%s to npm alone reaches the entry too', async (signal) => {
    write('entry.mjs', ANSWERING.replace('exit(3)', 'exit(0)'));
    const { child, seen, ended } = npm(['--silent', 'start']);
    await vi.waitFor(() => expect(seen.stdout).toContain('up'), DEADLINE);
    child.kill(signal);
    const { code, stdout } = await ended;
    expect(stdout).toContain(`got ${signal}`);
    expect(code).toBe(0);
  });
});

describe('installing packages', () => {
  const INSTALLED = /Installing packages: done/;

  it('is done once for one lock file', async () => {
    await launch('start').ended;
    expect(readFileSync(stampFile(), 'utf8')).toBe(stampOf(LOCK_TEXT, process.platform, process.arch));
    expect((await launch('start').ended).stderr).toBe('');
  });

  it('is done again when the lock file changes', async () => {
    await launch('start').ended;
    write('package-lock.json', `${LOCK_TEXT}\n`);
    expect((await launch('start').ended).stderr).toMatch(INSTALLED);
  });

  it('is done by one of two that start together', async () => {
    const both = await Promise.all([launch('start').ended, launch('start').ended]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.filter(({ stderr }) => INSTALLED.test(stderr))).toHaveLength(1);
    expect(existsSync(lockFile())).toBe(false);
  });

  it('waits for another installer, and says so', async () => {
    holdLock([process.pid]);
    const { seen, ended } = launch('start');
    await vi.waitFor(
      () => expect(seen.stderr).toContain(`Waiting for another start to finish installing (process ${process.pid})`),
      DEADLINE,
    );
    expect(seen.stderr).not.toMatch(INSTALLED);
    rmSync(lockFile());
    const { code, stderr } = await ended;
    expect(stderr).toMatch(INSTALLED);
    expect(code).toBe(0);
  });

  it('takes over from an installer that was killed', async () => {
    const killed = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    killed.kill('SIGKILL');
    await once(killed, 'close');
    holdLock([killed.pid ?? 0]);
    const { code, stderr } = await launch('start').ended;
    expect(stderr).not.toContain('Waiting');
    expect(stderr).toMatch(INSTALLED);
    expect(code).toBe(0);
  });

  it('waits for a killed launcher’s npm that still works', async () => {
    const killed = spawn(process.execPath, ['-e', '']);
    await once(killed, 'close');
    holdLock([killed.pid ?? 0, process.pid]);
    const { seen } = launch('start');
    await vi.waitFor(() => expect(seen.stderr).toContain('Waiting'), DEADLINE);
  });

  it.each([
    ['a reused process id', () => holdLock([process.pid])],
    ['another machine', () => holdLock([process.pid], 'elsewhere')],
    [
      'a torn write',
      () => {
        holdLock([]);
        writeFileSync(lockFile(), '{');
      },
    ],
  ])('takes over a lock that was not touched for long: %s', async (_case, hold) => {
    hold();
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lockFile(), longAgo, longAgo);
    expect((await launch('start').ended).stderr).toMatch(INSTALLED);
  });

  it('that is interrupted stops npm, frees the lock and leaves no stamp', async () => {
    write('npm-cli.js', `console.log('hanging'); setInterval(() => {}, 1000);`);
    const { child, seen, ended } = launchWith(join(root, 'npm-cli.js'));
    await vi.waitFor(
      () => expect(JSON.parse(readFileSync(lockFile(), 'utf8'))).toHaveProperty('pids.length', 2),
      DEADLINE,
    );
    child.kill('SIGINT');
    const { code } = await ended;
    expect(seen.stderr).toContain('Stopped while installing packages.');
    expect(code).toBe(130);
    expect(existsSync(stampFile())).toBe(false);
    expect(existsSync(lockFile())).toBe(false);
  });

  it('that fails says why and what to do, leaves no stamp, and exits with 1', async () => {
    write('npm-cli.js', `console.error('npm warn old\\nnpm error code ECONNREFUSED'); process.exitCode = 1;`);
    const { code, stdout, stderr } = await launchWith(join(root, 'npm-cli.js')).ended;
    expect(stderr).toMatch(
      /^Installing packages \.\.\.\nInstalling packages: failed after \d+ s\n {2}npm error code ECONN/,
    );
    expect(stderr).toMatch(/could not be installed \(npm ci exited with 1; all it said is in \.cache\/install\.log\)/);
    expect(readFileSync(join(root, '.cache', 'install.log'), 'utf8')).toContain('npm warn old');
    expect(stdout).toBe('');
    expect(code).toBe(1);
    expect(existsSync(stampFile())).toBe(false);
    expect(existsSync(lockFile())).toBe(false);
  });
});
