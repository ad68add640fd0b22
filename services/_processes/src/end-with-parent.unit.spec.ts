import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

const module = new URL('end-with-parent.ts', import.meta.url).href;

it('a process ends when its parent is killed', async () => {
  // The child writes where its parent does, so that the pipe is open for as long as either of them lives.
  const child = `process.on('SIGTERM', () => (console.log('told to stop'), process.exit())); console.log('begun'); setInterval(() => {}, 1_000)`;
  const parent = `require('node:child_process').spawn(process.execPath, ['--import', ${JSON.stringify(module)}, '-e', ${JSON.stringify(child)}],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })`;
  const started = spawn(process.execPath, ['-e', parent], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said === 'begun\n') started.kill('SIGKILL');
  });
  await once(started.stdout, 'close');
  expect(said).toBe('begun\ntold to stop\n');
});
