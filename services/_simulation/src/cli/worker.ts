import process from 'node:process';
import { replaceGlobals } from '../world/globals.ts';
import type { Answer, Task } from './worker-protocol.ts';

// Before the first import of production code: what that captures then is the world's.
const globals = replaceGlobals();
const { runSeed } = await import('../run/run-seed.ts');

const send = (answer: Answer) => void process.send?.(answer);
let seed = -1;

const broke = (error: unknown) => {
  send({ kind: 'broke', seed, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
};
// A rejection that nobody handles would end a real process as well.
process.on('unhandledRejection', broke);
process.on('uncaughtException', broke);

process.on('message', (task: Task) => {
  seed = task.seed;
  const { orders, verbose } = task;
  void runSeed({ seed, orders, verbose, globals }).then((result) => send({ kind: 'result', result }), broke);
});
process.on('disconnect', () => process.exit(0));
send({ kind: 'ready' });
