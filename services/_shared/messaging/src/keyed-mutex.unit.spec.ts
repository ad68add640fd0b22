import { expect, it } from 'vitest';
import { createKeyedMutex } from './keyed-mutex.ts';

it('tasks of one key run one after the other, in their order, and those of other keys beside them', async () => {
  const mutex = createKeyedMutex<string>();
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const task =
    (name: string, wait = Promise.resolve()) =>
    async () => {
      log.push(`${name} begins`);
      await wait;
      log.push(`${name} ends`);
      return name;
    };
  const first = mutex.run('a', task('first', gate.promise));
  const second = mutex.run('a', task('second'));
  expect(await mutex.run('b', task('other'))).toBe('other');
  gate.resolve();

  expect(await Promise.all([first, second])).toEqual(['first', 'second']);
  expect(log).toEqual(['first begins', 'other begins', 'other ends', 'first ends', 'second begins', 'second ends']);
});

it('a task that fails tells its caller, and the next one runs', async () => {
  const mutex = createKeyedMutex<string>();
  const failing = mutex.run('a', () => Promise.reject(new Error('no')));
  const next = mutex.run('a', () => Promise.resolve('yes'));

  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
});
