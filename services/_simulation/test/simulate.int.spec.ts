import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

function simulate(...options: readonly string[]) {
  return new Promise<{ readonly code: number; readonly out: string; readonly complaint: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, ...options],
      { maxBuffer: 64 * 1024 * 1024 },
      (_error, out, complaint) => resolve({ code: child.exitCode ?? -1, out, complaint }),
    );
  });
}

describe('npm run simulate', () => {
  it('runs seeds and finds the platform in order', async () => {
    const { code, out } = await simulate('--seeds', '6', '--from', '100', '--json');
    const result = JSON.parse(out) as { seeds: number; orders: number; failures: unknown[]; strikes: object };

    expect(result.failures).toEqual([]);
    expect(code).toBe(0);
    expect(result.seeds).toBe(6);
    expect(result.orders).toBeGreaterThan(6);
    expect(Object.keys(result.strikes).length).toBeGreaterThan(8);
  }, 120_000);

  it('runs a seed the same again in another process with another time zone, language and heap', async () => {
    const { code, out } = await simulate('--seeds', '4', '--from', '200', '--twice');
    expect(out).toContain('each ran the same a second time');
    expect(code).toBe(0);
  }, 120_000);

  it('tells everything that happened in one seed', async () => {
    const { code, out } = await simulate('--seed', '42', '--verbose');
    expect(out).toMatch(/recorded OrderCreated/);
    expect(out).toMatch(/hash [0-9a-f]{16}/);
    expect(code).toBe(0);
  }, 120_000);

  it('runs what it found once, with the defect and without it', async () => {
    const { code, out } = await simulate('--regressions');
    expect(out).toMatch(/OK: \d+ regressions stay mended, and their seeds still show what they did/);
    expect(code).toBe(0);
  }, 120_000);

  it('explains itself', async () => {
    const { code, out } = await simulate('--help');
    expect(out).toContain('npm run simulate -- --seed 42 --verbose');
    expect(code).toBe(0);
  });

  it.each([
    [['--seeds', 'many'], '--seeds "many" is not a whole number'],
    [['--seed', '1', '--seeds', '2'], 'give one or the other'],
    [['--regressions', '--seed', '1'], '--regressions knows its seeds'],
    [['--mutate', 'nothing-known'], 'there is no mutant "nothing-known"'],
    [['--colour'], '--colour'],
  ])('refuses %j in one line', async (options, line) => {
    const { code, complaint } = await simulate(...options);
    expect(complaint).toContain(line);
    expect(complaint.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });
});
