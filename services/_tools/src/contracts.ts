import process from 'node:process';
import { parseArgs } from 'node:util';
import { runCommand } from '@checkout/cli';
import { release } from '@checkout/contracts';
import { currentDescriptions, goldenDirectory, readGoldens, writeGolden } from './contracts/golden-files.ts';
import { judgeContracts } from './contracts/judge-contracts.ts';
import { reportOn } from './contracts/report.ts';

const helpText = `Compares the messages of this build with those that were published: services/_shared/contracts/golden, a file for each type.

  npm run contracts              says what differs
  npm run contracts -- --write   writes the files of new types, and of those that only gained optional fields

Two releases run side by side, and each reads what the other sends. A change that breaks one of them is refused.
Exit: 0 when nothing differs any more, 1 when something does.
`;

const exitDiffers = 1;

const flag = { type: 'boolean', default: false } as const;

process.exitCode = await runCommand({
  name: 'contracts',
  helpText,
  read: () => parseArgs({ options: { help: { ...flag, short: 'h' }, write: flag } }).values,
  run: ({ write }) => compare(write),
});

function compare(write: boolean): number {
  const current = currentDescriptions();
  const judgements = judgeContracts(readGoldens(goldenDirectory), current, release);
  const writable = judgements.filter(({ verdict }) => write && (verdict === 'new' || verdict === 'extended'));
  for (const { type } of writable) {
    const description = current.find((candidate) => candidate.type === type);
    if (description !== undefined) writeGolden(goldenDirectory, description);
    process.stdout.write(`${type}: written\n`);
  }
  const left = judgements.filter((judgement) => !writable.includes(judgement));
  const report = reportOn(left);
  process.stdout.write(
    report.length === 0 ? `${current.length} messages: nothing differs\n` : `${report.join('\n')}\n`,
  );
  return report.length === 0 ? 0 : exitDiffers;
}
