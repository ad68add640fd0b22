import { describe, expect, test } from 'vitest';
import { createProgressBar } from './progress-bar.ts';

function setup(isTTY: boolean) {
  const written: string[] = [];
  let nowMs = 0;
  const bar = createProgressBar({ isTTY, write: (text) => written.push(text) }, () => nowMs);
  return { bar, written, advance: (ms: number) => (nowMs += ms) };
}

describe('progress on a terminal', () => {
  test('is a bar that is drawn over itself, not too often', () => {
    const { bar, written, advance } = setup(true);
    bar.update({ orders: 100, placed: 50, finished: 10 });
    bar.update({ orders: 100, placed: 51, finished: 10 });
    advance(200);
    bar.update({ orders: 100, placed: 100, finished: 50 });

    expect(written).toEqual([
      '\r\x1b[K[===------------               ] 50 of 100 orders placed, 10 at their end',
      '\r\x1b[K[===============---------------] 100 of 100 orders placed, 50 at their end',
    ]);
  });

  test('makes room for a line that stays', () => {
    const { bar, written } = setup(true);
    bar.say('waiting ...');

    expect(written.join('')).toBe('\r\x1b[Kwaiting ...\n\r\x1b[K');
  });
});

describe('progress elsewhere', () => {
  test('is a line now and then, and one at the end', () => {
    const { bar, written, advance } = setup(false);
    for (let finished = 0; finished <= 100; finished += 1) {
      advance(100);
      bar.update({ orders: 100, placed: 100, finished });
    }

    expect(written).toEqual([
      '100 of 100 orders placed, 49 at their end\n',
      '100 of 100 orders placed, 99 at their end\n',
      '100 of 100 orders placed, 100 at their end\n',
    ]);
  });
});
