import process from 'node:process';
import { firstSentence } from './argument-values.ts';

/** A program that reads its arguments, does one thing and ends. */
export type Command<Values extends { readonly help: boolean }> = {
  /** As `npm run` knows it; begins each line on standard error. */
  readonly name: string;
  readonly helpText: string;
  /** @throws Error when the arguments are not its own */
  readonly read: () => Values;
  /** Gives the exit code when it is not 0. @throws Error whose message says what to do */
  readonly run: (values: Values) => number | void | Promise<number | void>;
};

const exitFailed = 1;
const exitUsage = 2;

/** @returns the exit code: what `run` gives, 0 without it, 1 when it throws, 2 for arguments that are not its own */
export async function runCommand<Values extends { readonly help: boolean }>({
  name,
  helpText,
  read,
  run,
}: Command<Values>): Promise<number> {
  let values: Values;
  try {
    values = read();
  } catch (error) {
    process.stderr.write(`${name}: ${firstSentence(error)}, see: npm run ${name} -- --help\n`);
    return exitUsage;
  }
  if (values.help) {
    process.stdout.write(helpText);
    return 0;
  }
  try {
    return (await run(values)) ?? 0;
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitFailed;
  }
}
