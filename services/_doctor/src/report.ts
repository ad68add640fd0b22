import { styleText } from 'node:util';
import type { Finding, State } from './finding.ts';

const colours = { ok: 'green', note: 'dim', warning: 'yellow', broken: 'red' } as const;
const stateWidth = 9;
const aboutWidth = 17;

export const isHealthy = (findings: readonly Finding[]): boolean => findings.every(({ state }) => state !== 'broken');

/** One line for each finding, one more for what to do about it, and a last one that sums up. */
export function reportText(findings: readonly Finding[], { colour }: { readonly colour: boolean }): string {
  const paint = (state: State, text: string) =>
    colour ? styleText(colours[state], text, { validateStream: false }) : text;
  const lines = findings.flatMap(({ about, state, says, mend }) => [
    `${paint(state, state.padEnd(stateWidth))}${about.padEnd(aboutWidth)}${says}`,
    ...(mend === undefined ? [] : [`${' '.repeat(stateWidth + aboutWidth)}-> ${mend}`]),
  ]);
  return `${[...lines, '', summaryOf(findings)].join('\n')}\n`;
}

export function reportJson(findings: readonly Finding[]): string {
  return `${JSON.stringify({ ok: isHealthy(findings), findings }, null, 2)}\n`;
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (wanted: State) => findings.filter(({ state }) => state === wanted).length;
  const [broken, warnings] = [count('broken'), count('warning')];
  if (broken === 0 && warnings === 0) return 'Nothing is wrong.';
  return `${broken} broken, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`;
}
