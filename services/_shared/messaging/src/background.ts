/** Work that goes on after the batch that began it: a provider call that was too slow to wait for. */
export type Background = {
  /**
   * Begins a task that nobody awaits, unless the service is closing. Its failure is reported, and what it left undone, or has
   * not begun, is a durable timer's to finish.
   */
  run(task: (signal: AbortSignal) => Promise<void>): void;
  /** Goes on with a call that has begun, also while the service closes: what it answers until `stop` is recorded. */
  goOn(task: (signal: AbortSignal) => Promise<void>): void;
  /** Aborted by `close`: the service begins to stop, and no provider call begins any more. */
  readonly closing: AbortSignal;
  close(): void;
  /** Aborted by `stop`. */
  readonly signal: AbortSignal;
  /** Tells the tasks to end: what they still wait for is given up. */
  stop(): void;
  /** Resolves when none is left. */
  settled(): Promise<void>;
};

export function createBackground(onError: (error: Error) => void): Background {
  const closing = new AbortController();
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const goOn: Background['goOn'] = (task) => {
    const work = task(stopping.signal)
      .catch((error: unknown) => onError(error as Error))
      .finally(() => running.delete(work));
    running.add(work);
  };
  return {
    run(task) {
      if (!closing.signal.aborted) goOn(task);
    },
    goOn,
    closing: closing.signal,
    close: () => closing.abort(),
    signal: stopping.signal,
    stop: () => stopping.abort(),
    async settled() {
      await Promise.all(running);
    },
  };
}
