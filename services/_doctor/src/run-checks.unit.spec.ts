import { expect, it } from 'vitest';
import { ok } from './finding.ts';
import { runChecks } from './run-checks.ts';

it('checks run at the same time, and are told in their own order', async () => {
  const first = Promise.withResolvers<void>();
  const findings = await runChecks(
    [
      { about: 'A', run: () => first.promise.then(() => [ok('A', 'fine')]) },
      {
        about: 'B',
        run: async () => {
          first.resolve();
          return [ok('B', 'fine'), ok('B', 'and more')];
        },
      },
    ],
    { timeoutMs: 5_000 },
  );
  expect(findings.map(({ about }) => about)).toEqual(['A', 'B', 'B']);
});

it('one that says nothing is broken, is told to let go, and holds up nobody', async () => {
  let letGo = false;
  const hangs = (signal: AbortSignal) => {
    signal.addEventListener('abort', () => (letGo = true));
    return new Promise<never>(() => {});
  };
  const findings = await runChecks(
    [
      { about: 'A', run: hangs },
      { about: 'B', run: async () => [ok('B', 'fine')] },
    ],
    { timeoutMs: 20 },
  );
  expect(findings).toMatchObject([{ about: 'A', state: 'broken', says: 'no answer within 20 ms' }, { state: 'ok' }]);
  expect(letGo).toBe(true);
});

it('one that fails itself is a finding as well', async () => {
  const run = () => Promise.reject(new Error('a defect'));
  expect(await runChecks([{ about: 'A', run }], { timeoutMs: 5_000 })).toMatchObject([
    { about: 'A', state: 'broken', says: 'the check itself failed: a defect' },
  ]);
});
