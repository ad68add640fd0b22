// Loaded into a service's process before its own code. At SIGUSR2 the process's wall clock jumps by as many milliseconds as the
// file says that CLOCK_JUMP_FILE names, and how far it is off then is written into a file beside it. What measures durations
// is left alone, as when somebody sets a machine's clock.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const file = process.env['CLOCK_JUMP_FILE'] ?? '';
const RealDate = Date;
let jumpMs = 0;

const now = () => RealDate.now() + jumpMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given) => Reflect.construct(target, given.length === 0 ? [now()] : given),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});

process.on('SIGUSR2', () => {
  jumpMs = Number(readFileSync(file, 'utf8'));
  writeFileSync(`${file}.seen`, String(Date.now() - RealDate.now()));
});
