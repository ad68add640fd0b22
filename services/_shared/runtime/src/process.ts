import process from 'node:process';
import type { ProcessPort } from './lifecycle.ts';

/** The process that this code runs in. */
export function createSystemProcess(): ProcessPort {
  return {
    onSignal: (signal, listener) => process.on(signal, listener),
    onCrash(listener) {
      process.on('uncaughtException', (error) => listener('uncaught exception', error));
      process.on('unhandledRejection', (reason) => listener('unhandled rejection', reason));
    },
    exit: (code) => process.exit(code),
    writeError: (line) => process.stderr.write(`${line}\n`),
  };
}
