import type { Get } from '@checkout/checker';
import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, it } from 'vitest';
import { faults } from './faults/index.ts';
import { mixOf } from './mix.ts';
import { settle, type Settled } from './settle.ts';

const runId = 'r1';
const order = {
  id: '0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01',
  userId: `chaos-${runId}-1`,
  status: 'PAID',
  currency: 'EUR',
  total: 1,
  cancellation: 'none',
  version: 2,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
};

/** A run with one order, which is open for as long as the test says. */
function setUp() {
  const clock = createVirtualClock();
  let isOpen = true;
  let completed: object[] = [];
  let settled: Settled | undefined;
  const get: Get = (path) => {
    const items = path.includes('status=COMPLETED') ? completed : isOpen && path.includes('status=PAID') ? [order] : [];
    return Promise.resolve({ status: 200, body: { items, nextCursor: null } });
  };
  const client = { get, send: () => Promise.reject(new Error('nobody has anything to decide')) };
  return {
    clock,
    settled: () => settled,
    end: (cancellation = 'none') => {
      isOpen = false;
      completed = [{ ...order, status: 'COMPLETED', cancellation }];
    },
    settle: (notBeforeMs?: number) => {
      const run = { runId, seed: 1, since: '', isPlaced: () => true, withinMs: 140_000, notBeforeMs };
      void settle({ arena: { clock, client }, ...run }).then((value) => {
        settled = value;
      });
    },
  };
}

describe('a run', () => {
  it('has settled when its orders are over', async () => {
    const run = setUp();
    run.settle();
    await run.clock.advance(10_000);
    expect(run.settled()).toBeUndefined();
    run.end();
    await run.clock.advance(1_000);

    expect(run.settled()).toMatchObject({ isSettled: true });
  });

  it('has not settled while somebody who wanted to cancel waits for an answer', async () => {
    const run = setUp();
    run.end('requested');
    run.settle();
    await run.clock.advance(10_000);
    expect(run.settled()).toBeUndefined();
    run.end('refused');
    await run.clock.advance(1_000);

    expect(run.settled()).toMatchObject({ isSettled: true });
  });

  it('has not settled while a provider may still do something, though its orders are over', async () => {
    const run = setUp();
    run.end();
    run.settle(run.clock.monotonic() + 23_000);
    await run.clock.advance(22_000);
    expect(run.settled()).toBeUndefined();
    await run.clock.advance(1_000);

    expect(run.settled()).toMatchObject({ isSettled: true, openAtFirstMs: 0 });
  });

  it('is given up when its time is over', async () => {
    const run = setUp();
    run.settle();
    await run.clock.advance(141_000);

    expect(run.settled()).toMatchObject({ isSettled: false });
  });
});

describe('a fault with late landings', () => {
  it('says until when they may come', () => {
    const late = faults.filter(({ landsWithinMs }) => landsWithinMs !== undefined);

    expect(late.map(({ name, landsWithinMs }) => [name, landsWithinMs])).toEqual([
      ['psp-late-landing', 8_000],
      ['carrier-timeout', 8_000],
    ]);
  });

  it('says so in a mix as well', () => {
    expect(mixOf(faults, 1).landsWithinMs).toBe(8_000);
  });
});
