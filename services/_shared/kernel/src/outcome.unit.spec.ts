import { describe, expect, it } from 'vitest';
import { assertNever, domainError, err, ok } from './index.ts';

describe('an outcome', () => {
  it('is a value or a refusal', () => {
    expect(ok(1)).toEqual({ ok: true, value: 1 });
    expect(err('no')).toEqual({ ok: false, error: 'no' });
  });

  it('of an impossible kind is an exception that names the value', () => {
    expect(() => assertNever({ kind: 'new' } as never)).toThrow('unreachable: {"kind":"new"}');
  });
});

describe('a refusal', () => {
  it('has no list of faults where there is none', () => {
    expect(domainError('order-not-found', 'no such order')).toEqual({
      code: 'order-not-found',
      detail: 'no such order',
    });
  });

  it('lists its faults by their place', () => {
    const faults = [{ pointer: '/items/0/quantity', code: 'too-small', detail: 'at least 1' }];
    expect(domainError('invalid-request', '1 fault', faults).faults).toBe(faults);
  });
});
