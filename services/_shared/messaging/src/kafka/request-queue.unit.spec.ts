import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { calmRequestQueue, type RequestQueue } from './request-queue.ts';

describe('the request queue of kafkajs', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const queueOf = (pending: readonly unknown[], throttledUntil = -1) => {
    const prototype: Partial<RequestQueue> = { scheduleCheckPendingRequests() {} };
    calmRequestQueue(() => ({ prototype }));
    const checkPendingRequests = vi.fn();
    const queue = Object.create(prototype) as RequestQueue;
    return Object.assign(queue, { pending, throttledUntil, throttleCheckTimeoutId: null, checkPendingRequests });
  };

  it('looks for nothing when nothing waits', () => {
    queueOf([]).scheduleCheckPendingRequests();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('looks every 10 ms while something waits, with one timer', () => {
    const queue = queueOf(['a request']);
    queue.scheduleCheckPendingRequests();
    queue.scheduleCheckPendingRequests();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(9);
    expect(queue.checkPendingRequests).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(queue.checkPendingRequests).toHaveBeenCalledOnce();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('looks when the broker wants no less any more', () => {
    const queue = queueOf(['a request'], Date.now() + 500);
    queue.scheduleCheckPendingRequests();
    vi.advanceTimersByTime(499);
    expect(queue.checkPendingRequests).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(queue.checkPendingRequests).toHaveBeenCalledOnce();
  });

  it('is where it was in the version that is pinned', () => {
    expect(() => calmRequestQueue()).not.toThrow();
  });

  it('is missed in another version, before anything connects', () => {
    for (const loaded of [{}, { prototype: {} }]) {
      expect(() => calmRequestQueue(() => loaded)).toThrow('kafkajs must be 2.2.4');
    }
  });
});
