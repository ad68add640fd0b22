export { firstSentence, wholeNumber } from './argument-values.ts';
export { runCommand } from './run-command.ts';
export type { Progress, ProgressBar } from './progress-bar.ts';
export { createProgressBar } from './progress-bar.ts';
