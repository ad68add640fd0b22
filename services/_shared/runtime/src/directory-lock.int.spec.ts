import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockDirectory, wasLocked } from './directory-lock.ts';

const moduleUrl = pathToFileURL(join(import.meta.dirname, 'directory-lock.ts')).href;

let directory: string;
let children: ChildProcess[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'directory lock '));
  children = [];
});

afterEach(async () => {
  for (const child of children) await kill(child);
  rmSync(directory, { recursive: true, force: true });
});

async function kill(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}

/** Another process that holds the locks until it is killed, though it keeps nothing that says so. */
async function holder(...names: readonly string[]) {
  const script = `
    const { lockDirectory } = await import(${JSON.stringify(moduleUrl)});
    lockDirectory(${JSON.stringify(directory)}, ${JSON.stringify(names)});
    // A turn ends what the call itself still refers to.
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc();
    process.send('locked');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--expose-gc', '--input-type=module', '-e', script],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  children.push(child);
  await once(child, 'message');
  return child;
}

describe('a data directory', () => {
  test('that another process holds is refused, and the process is named', async () => {
    const { pid } = await holder('order');

    expect(() => lockDirectory(directory, ['order'])).toThrow(
      `${directory} is in use by process ${pid}: stop it first, or set DATA_DIR to another directory.`,
    );
  });

  test('is free again at once when its holder was killed', async () => {
    await kill(await holder('order', 'payment'));

    lockDirectory(directory, ['order', 'payment']).release();
  });

  test('can be shared by processes that run different services', async () => {
    await holder('order');

    lockDirectory(directory, ['payment']).release();
  });

  test('is refused as a whole when one of the names is taken, and nothing is kept', async () => {
    const blocker = await holder('payment');
    expect(() => lockDirectory(directory, ['order', 'payment'])).toThrow(`process ${blocker.pid}`);

    await kill(blocker);
    await holder('order');
  });

  test('is made when it is not there', () => {
    const nested = join(directory, 'a', 'b');
    lockDirectory(nested, ['order']).release();

    expect(existsSync(join(nested, 'order.lock'))).toBe(true);
  });

  test('that is a file is refused in one line', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');

    expect(() => lockDirectory(file, ['order'])).toThrow(/^.*file cannot be written \(EEXIST\): check its permissions/);
  });

  test('with a lock file of somebody else is refused', () => {
    writeFileSync(join(directory, 'order.lock'), 'not a database'.repeat(100));

    expect(() => lockDirectory(directory, ['order'])).toThrow('a .lock file that is damaged or not ours');
  });
});

describe('whether a service was ever run on a directory', () => {
  test('is told by its lock file, held or not', async () => {
    expect(wasLocked(directory, 'order')).toBe(false);
    const child = await holder('order');
    expect(wasLocked(directory, 'order')).toBe(true);
    await kill(child);
    expect(wasLocked(directory, 'order')).toBe(true);
  });

  test('is not told by a file that merely has the name', () => {
    writeFileSync(join(directory, 'order.lock'), 'x'.repeat(200));

    expect(wasLocked(directory, 'order')).toBe(false);
  });
});
