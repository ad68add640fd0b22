import { domainError, ok } from '@checkout/kernel';
import { describe, expect, test } from 'vitest';
import { anybody, provenCaller } from './caller.ts';
import { actorOf } from './operator.ts';

describe('an operator’s action is recorded under the name', () => {
  const olga = provenCaller({ subject: 'olga', scopes: new Set(['ops']) });

  test.each([
    [olga, undefined, 'olga'],
    [olga, 'olga', 'olga'],
    [anybody, 'j.doe', 'j.doe'],
    [anybody, undefined, undefined],
  ])('%# of who proved who they are, else of whom the body names', (caller, named, actor) => {
    expect(actorOf(caller, named)).toEqual(ok(actor));
  });

  test('of nobody else', () => {
    expect(actorOf(olga, 'eve')).toMatchObject({
      ok: false,
      error: domainError('actor-mismatch', expect.any(String), [expect.objectContaining({ pointer: '/actor' })]),
    });
  });
});
