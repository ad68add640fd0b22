/** Work that goes on after the batch that began it: a provider call that was too slow to wait for. */
export type Background = {
  /** Runs a task that nobody awaits. Its failure is reported, and what it left undone is a durable timer's to finish. */
  run(task: (signal: AbortSignal) => Promise<void>): void;
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
  return {
    run(task) {
      const work = task(stopping.signal)
        .catch((error: unknown) => onError(error as Error))
        .finally(() => running.delete(work));
      running.add(work);
    },
    closing: closing.signal,
    close: () => closing.abort(),
    signal: stopping.signal,
    stop: () => stopping.abort(),
    async settled() {
      await Promise.all(running);
    },
  };
}
