import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HttpResult } from './http-client.ts';
import { outcomeOf, type Try, tryOf } from './provider-outcome.ts';

const response = (status: number): HttpResult => ({ kind: 'response', status, headers: {}, body: '{}' });

describe('what one try proves', () => {
  test.each([200, 201, 204, 400, 402, 404, 409, 422])('status %i is definite', (status) => {
    expect(tryOf(response(status))).toEqual({ kind: 'definite', status, body: '{}' });
  });

  test.each([302, 408, 500, 502, 503, 504])('status %i may have acted', (status) => {
    expect(tryOf(response(status))).toEqual({ kind: 'ambiguous', reason: `status-${status}` });
  });

  test('status 429 has not acted', () => {
    expect(tryOf(response(429))).toEqual({ kind: 'untouched', reason: 'rate-limited' });
  });

  test('no answer may have acted, not sent has not', () => {
    expect(tryOf({ kind: 'no-answer', reason: 'reset' })).toEqual({ kind: 'ambiguous', reason: 'reset' });
    expect(tryOf({ kind: 'not-sent', reason: 'connect-failed' })).toEqual({
      kind: 'untouched',
      reason: 'connect-failed',
    });
  });
});

describe('the outcome of a call', () => {
  const definite: Try = { kind: 'definite', status: 201, body: '{}' };
  const ambiguous: Try = { kind: 'ambiguous', reason: 'timeout' };
  const untouched: Try = { kind: 'untouched', reason: 'connect-failed' };

  test('a definite answer settles what earlier tries left open', () => {
    expect(outcomeOf([ambiguous, untouched, definite])).toEqual({ kind: 'answered', status: 201, body: '{}' });
  });

  test('a try that did not get through does not make an earlier one harmless', () => {
    expect(outcomeOf([ambiguous, untouched, untouched])).toEqual({ kind: 'unknown', reason: 'timeout' });
  });

  test('unavailable only when no try can have reached the provider, also when there was none', () => {
    expect(outcomeOf([untouched, untouched])).toEqual({ kind: 'unavailable', reason: 'connect-failed' });
    expect(outcomeOf([])).toEqual({ kind: 'unavailable', reason: 'deadline' });
  });

  test('agrees with a provider that may or may not have acted, in every sequence of tries', () => {
    // The model draws what really happened at the provider and what the caller saw of it, then looks at the claim.
    const attempt = fc.oneof(
      fc.record({ seen: fc.constantFrom(200, 201, 402, 404, 422), acted: fc.constant(true) }),
      fc.record({ seen: fc.constantFrom('timeout', 'reset', 500, 503, 408), acted: fc.boolean() }),
      fc.record({ seen: fc.constantFrom('refused', 429), acted: fc.constant(false) }),
    );
    const resultOf = (seen: string | number): HttpResult => {
      if (typeof seen === 'number') return response(seen);
      return seen === 'refused'
        ? { kind: 'not-sent', reason: 'connect-failed' }
        : { kind: 'no-answer', reason: seen === 'timeout' ? 'timeout' : 'reset' };
    };
    fc.assert(
      fc.property(fc.array(attempt, { minLength: 1, maxLength: 6, size: 'max' }), (attempts) => {
        // A call stops at its first definite answer.
        const end = attempts.findIndex(({ seen }) => tryOf(resultOf(seen)).kind === 'definite');
        const made = end === -1 ? attempts : attempts.slice(0, end + 1);
        const outcome = outcomeOf(made.map(({ seen }) => tryOf(resultOf(seen))));

        if (outcome.kind === 'unavailable') expect(made.some(({ acted }) => acted)).toBe(false);
        if (outcome.kind === 'answered') expect(outcome.status).toBe(made.at(-1)?.seen);
        if (outcome.kind === 'unknown') expect(end).toBe(-1);
        expect(outcome.kind === 'answered').toBe(end !== -1);
      }),
    );
  });
});
