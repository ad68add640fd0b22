import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startChild } from './child.mjs';
import { summarise, type TestReport } from './test-summary.ts';

const RESULTS_FLAG = '--results=';

/**
 * Runs every test once and says at the end what ran, what failed and which real-server suites this machine could not run.
 *
 * @param argv `--results=<file>` keeps the machine-readable report; all else goes to vitest (file filters, `-t`, `--help`)
 * @returns vitest's exit code
 */
const runTests = async (argv: readonly string[]): Promise<number> => {
  const kept = argv.find((argument) => argument.startsWith(RESULTS_FLAG))?.slice(RESULTS_FLAG.length);
  const scratch = mkdtempSync(join(tmpdir(), 'checkout-tests-'));
  const report = kept ?? join(scratch, 'report.json');
  try {
    const { ended } = startChild(
      process.execPath,
      [
        vitestScript(),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...argv.filter((argument) => !argument.startsWith(RESULTS_FLAG)),
      ],
      { stdio: 'inherit' },
    );
    const { code } = await ended;
    const parsed = readReport(report);
    if (parsed !== undefined) process.stdout.write(`${summarise(parsed, process.env).join('\n')}\n`);
    return code;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

const vitestScript = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

/** There is none after `--help`, or if vitest was stopped. */
const readReport = (file: string): TestReport | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TestReport;
  } catch {
    return undefined;
  }
};

process.exitCode = await runTests(process.argv.slice(2));
