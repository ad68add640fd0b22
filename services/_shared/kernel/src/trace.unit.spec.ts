import { describe, expect, it } from 'vitest';
import { isTraceparent, newTraceparent, traceIdOf } from './trace.ts';

const given = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('a trace context', () => {
  it('is taken as the standard writes it', () => expect(isTraceparent(given)).toBe(true));

  it.each([
    ['another version', given.replace('00-', '01-')],
    ['upper case', given.toUpperCase()],
    ['an empty trace', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['an empty span', `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`],
    ['something behind it', `${given}-x`],
    ['a line break', `${given}\n`],
  ])('is not taken with %s', (_what, text) => expect(isTraceparent(text)).toBe(false));

  it('of our own is well-formed', () => {
    const own = newTraceparent('0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01');
    expect(isTraceparent(own)).toBe(true);
    expect(traceIdOf(own)).toBe('0196f3a27c117d349b1e5a0c2f6d8e01');
  });

  it('that is missing has no id', () => expect(traceIdOf(undefined)).toBeUndefined());
});
