import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, it } from 'vitest';
import { createCallGate } from './call-gate.ts';
import { TransientError } from './errors.ts';

function setup() {
  const clock = createVirtualClock();
  const stopping = new AbortController();
  const gate = createCallGate(clock, stopping.signal);
  let begun = 0;
  const start = (ms: number) =>
    gate.start(() => {
      begun += 1;
      return clock.sleep(ms).then(() => ({ ms }));
    });
  return { clock, stopping, gate, start, begun: () => begun };
}

describe('the gate of a participant’s calls', () => {
  it('gives the answer that comes in time, and lets go of the one that does not', async () => {
    const { clock, start } = setup();
    const quick = start(100);
    const slow = start(1_000);
    await clock.advance(250);
    expect((await quick).result).toEqual({ ms: 100 });
    const { call, result } = await slow;
    expect(result).toBeUndefined();
    await clock.advance(750);
    expect(await call).toEqual({ ms: 1_000 });
  });

  it('lets sixteen in, and counts those that nobody waits for any more', async () => {
    const { clock, start, begun } = setup();
    const calls = Array.from({ length: 40 }, () => start(1_000));
    await clock.advance(900);
    expect(begun()).toBe(16);
    await clock.advance(200);
    expect(begun()).toBe(32);
    await clock.advance(2_000);
    expect(begun()).toBe(40);
    await Promise.all(calls);
  });

  it('counts the batch’s patience from the turn, not from the wait for it', async () => {
    const { clock, start } = setup();
    const first = Array.from({ length: 16 }, () => start(1_000));
    const waited = start(100);
    await clock.advance(1_200);
    expect((await waited).result).toEqual({ ms: 100 });
    await Promise.all(first);
  });

  it('gives a turn back when a call fails', async () => {
    const { clock, gate, start, begun } = setup();
    await Promise.allSettled(Array.from({ length: 16 }, () => gate.start(() => Promise.reject(new Error('a defect')))));
    const next = start(1);
    await clock.advance(1);
    await next;
    expect(begun()).toBe(1);
  });

  it('begins no call once the service stops, and keeps nobody waiting', async () => {
    const { clock, stopping, start, begun } = setup();
    const calls = Array.from({ length: 20 }, () => start(10));
    const settled = Promise.allSettled([...calls, clock.settle().then(() => stopping.abort())]);
    await clock.advance(20);
    const outcomes = (await settled).slice(0, 20).map(({ status }) => status);
    expect(outcomes.filter((status) => status === 'fulfilled')).toHaveLength(16);
    await expect(start(10)).rejects.toThrow(TransientError);
    expect(begun()).toBe(16);
  });
});
