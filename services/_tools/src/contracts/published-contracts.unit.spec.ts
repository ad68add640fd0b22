import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { release } from '@checkout/contracts';
import { expect, it } from 'vitest';
import { currentDescriptions, goldenDirectory, readGoldens, writeGolden } from './golden-files.ts';
import { judgeContracts } from './judge-contracts.ts';
import { reportOn } from './report.ts';

it('the messages of this build are read by the release before it, and read what that one sends', () => {
  const report = reportOn(judgeContracts(readGoldens(goldenDirectory), currentDescriptions(), release));

  expect(report.join('\n')).toBe('');
});

it('a golden file that is written is read as what it was', () => {
  const directory = mkdtempSync(join(tmpdir(), 'goldens-'));
  try {
    for (const description of currentDescriptions()) writeGolden(directory, description);
    expect(judgeContracts(readGoldens(directory), currentDescriptions(), release)).not.toContainEqual(
      expect.objectContaining({ verdict: expect.not.stringMatching('same') }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
