import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, test } from 'vitest';
import { runTask } from './task.ts';
import { createFakeProcess } from './testing/fake-process.ts';

function setup(run: (stopping: AbortSignal) => Promise<void>) {
  const clock = createVirtualClock();
  const process = createFakeProcess();
  return { clock, process, ended: runTask({ name: 'migrate', run, clock, process }) };
}

/** Goes on until it is told to stop. */
const endless = (stopping: AbortSignal) =>
  new Promise<void>((_, reject) => {
    stopping.addEventListener('abort', () => reject(stopping.reason as Error));
  });

describe('a task', () => {
  test('that is done exits 0, and says nothing', async () => {
    const { process, ended } = setup(async () => {});
    await ended;
    expect([process.exitCodes, process.errorLines]).toEqual([[0], []]);
  });

  test('that fails exits 1 with one line', async () => {
    const { process, ended } = setup(() => Promise.reject(new Error('no\n  database')));
    await ended;
    expect([process.exitCodes, process.errorLines]).toEqual([[1], ['migrate: no database']]);
  });

  test.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('that is stopped by %s exits %i, so that nobody takes it for done', async (signal, code) => {
    const { process, ended } = setup(endless);
    process.send(signal);
    await ended;
    expect([process.exitCodes, process.errorLines]).toEqual([[code], [`migrate: stopped by ${signal}`]]);
  });

  test('takes signals within 500 ms for the same one, and leaves at once on a later one', async () => {
    const { clock, process } = setup(() => new Promise(() => {}));
    process.send('SIGINT');
    await clock.advance(500);
    process.send('SIGTERM');
    expect(process.exitCodes).toEqual([]);
    await clock.advance(1);
    process.send('SIGINT');
    expect(process.exitCodes).toEqual([130]);
  });

  test('that was stopped too late is done', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { process, ended } = setup(() => promise);
    process.send('SIGTERM');
    resolve();
    await ended;
    expect(process.exitCodes).toEqual([0]);
  });
});
