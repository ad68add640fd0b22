import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { calmRequestQueue, type RequestQueue } from './request-queue.ts';

describe('the request queue of kafkajs', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const queueOf = (parts: Partial<RequestQueue>) => {
    const prototype: Partial<RequestQueue> = { scheduleCheckPendingRequests() {}, scheduleRequestTimeoutCheck() {} };
    calmRequestQueue(() => ({ prototype }));
    const queue = Object.create(prototype) as RequestQueue;
    const destroy = () => clearInterval(queue.requestTimeoutIntervalId);
    const look = vi.fn<() => void>();
    Object.assign(queue, {
      pending: [],
      inflight: new Map(),
      throttledUntil: -1,
      throttleCheckTimeoutId: null,
      enforceRequestTimeout: true,
      isConnected: () => true,
      destroy,
      checkPendingRequests: look,
      ...parts,
    });
    return { queue, look };
  };

  it('looks for nothing when nothing waits', () => {
    queueOf({}).queue.scheduleCheckPendingRequests();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('looks every 10 ms while something waits, with one timer', () => {
    const { queue, look } = queueOf({ pending: ['a request'] });
    queue.scheduleCheckPendingRequests();
    queue.scheduleCheckPendingRequests();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(9);
    expect(look).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(look).toHaveBeenCalledOnce();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('looks when the broker wants no less any more', () => {
    const { queue, look } = queueOf({ pending: ['a request'], throttledUntil: Date.now() + 500 });
    queue.scheduleCheckPendingRequests();
    vi.advanceTimersByTime(499);
    expect(look).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(look).toHaveBeenCalledOnce();
  });

  it('ends a request that is not answered in time, within a second, and no other', () => {
    const late = { sentAt: Date.now(), requestTimeout: 2_500, timeoutRequest: vi.fn() };
    const patient = { sentAt: Date.now(), requestTimeout: 60_000, timeoutRequest: vi.fn() };
    queueOf({
      inflight: new Map([
        [1, late],
        [2, patient],
      ]),
    }).queue.scheduleRequestTimeoutCheck();
    vi.advanceTimersByTime(2_000);
    expect(late.timeoutRequest).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_500);
    expect(late.timeoutRequest).toHaveBeenCalled();
    expect(patient.timeoutRequest).not.toHaveBeenCalled();
  });

  it('looks for timeouts until the connection is closed, with one timer', () => {
    let isConnected = true;
    const { queue } = queueOf({ isConnected: () => isConnected });
    queue.scheduleRequestTimeoutCheck();
    queue.scheduleRequestTimeoutCheck();
    expect(vi.getTimerCount()).toBe(1);
    isConnected = false;
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('looks for no timeouts that nobody set', () => {
    queueOf({ enforceRequestTimeout: false }).queue.scheduleRequestTimeoutCheck();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is where it was in the version that is pinned', () => {
    expect(() => calmRequestQueue()).not.toThrow();
  });

  it('is missed in another version, before anything connects', () => {
    for (const loaded of [{}, { prototype: {} }, { prototype: { scheduleCheckPendingRequests() {} } }]) {
      expect(() => calmRequestQueue(() => loaded)).toThrow('kafkajs must be 2.2.4');
    }
  });
});
