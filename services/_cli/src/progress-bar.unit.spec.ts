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
    bar.update({ total: 100, underWay: 40, finished: 10, text: 'ten' });
    bar.update({ total: 100, underWay: 41, finished: 10, text: 'ten' });
    advance(200);
    bar.update({ total: 100, underWay: 50, finished: 50, text: 'fifty' });

    expect(written).toEqual([
      '\r\x1b[K[===------------               ] ten',
      '\r\x1b[K[===============---------------] fifty',
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
      bar.update({ total: 100, finished, text: `${finished} of 100` });
    }

    expect(written).toEqual(['49 of 100\n', '99 of 100\n', '100 of 100\n']);
  });
});
