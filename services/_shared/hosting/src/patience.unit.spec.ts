import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, it } from 'vitest';
import { patiently } from './patience.ts';

function setup(results: readonly (Error | string)[]) {
  const clock = createVirtualClock();
  const stop = new AbortController();
  const told: string[] = [];
  let tries = 0;
  const work = async () => {
    const result = results[Math.min(tries, results.length - 1)];
    tries += 1;
    if (result instanceof Error) throw result;
    return result;
  };
  const outcome = patiently(work, {
    clock,
    withinMs: 3_000,
    passes: (error) => (error as Error).message !== 'wrong',
    onFailure: ({ message }) => void told.push(message),
    signal: stop.signal,
  });
  outcome.catch(() => {});
  return { clock, stop, told, outcome, tries: () => tries };
}

describe('patience', () => {
  it('does again what fails in a way that passes', async () => {
    const { clock, outcome, told } = setup([new Error('away'), new Error('empty'), 'there']);
    await clock.advance(2_000);
    expect(await outcome).toBe('there');
    expect(told).toEqual(['away', 'empty']);
  });

  it('ends at once with what does not pass', async () => {
    const { outcome, tries } = setup([new Error('wrong')]);
    await expect(outcome).rejects.toThrow('wrong');
    expect(tries()).toBe(1);
  });

  it('ends with the last failure when the time is up', async () => {
    const { clock, outcome, tries } = setup([new Error('away')]);
    await clock.advance(10_000);
    await expect(outcome).rejects.toThrow('away');
    expect(tries()).toBe(4);
    expect(clock.pending()).toBe(0);
  });

  it('ends when it is told to, in the middle of its wait', async () => {
    const { clock, stop, outcome, tries } = setup([new Error('away')]);
    await clock.advance(1_500);
    stop.abort(new Error('stopped by SIGTERM'));
    await expect(outcome).rejects.toThrow('stopped by SIGTERM');
    expect(tries()).toBe(2);
    expect(clock.pending()).toBe(0);
  });
});
