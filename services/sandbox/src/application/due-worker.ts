import type { CancelTimer, Clock } from '@checkout/kernel';

/** Works off a queue by due time, with one timer for the earliest item. */
export type DueWorker = {
  /** Says that there is something due at this Unix time in milliseconds. Cheap; may be called from inside a transaction. */
  wake(dueAtMs: number): void;
  start(): void;
  /** Begins nothing new and waits for what is under way. */
  stop(): Promise<void>;
};

/** A wall clock may jump: look again at least this often. */
const maxWaitMs = 60_000;
const retryAfterFailureMs = 1_000;

/**
 * @param work does what is due and gives the due time of what comes next, `undefined` for nothing
 */
export function createDueWorker(options: {
  readonly clock: Clock;
  readonly work: () => Promise<number | undefined>;
  readonly onError: (error: unknown) => void;
}): DueWorker {
  const { clock, work, onError } = options;
  let isStopped = true;
  let isWokenAgain = false;
  let underWay: Promise<void> | undefined;
  let armedForMs = Number.POSITIVE_INFINITY;
  let cancelTimer: CancelTimer = () => {};

  const workSafely = async (): Promise<number | undefined> => {
    try {
      return await work();
    } catch (error) {
      onError(error);
      return clock.now() + retryAfterFailureMs;
    }
  };

  const run = async () => {
    isWokenAgain = false;
    const nextDueMs = await workSafely();
    underWay = undefined;
    if (isWokenAgain) begin();
    else if (nextDueMs !== undefined) arm(nextDueMs);
  };

  const begin = () => {
    armedForMs = Number.POSITIVE_INFINITY;
    if (!isStopped) underWay ??= run();
  };

  const arm = (dueAtMs: number) => {
    if (isStopped || dueAtMs >= armedForMs) return;
    cancelTimer();
    armedForMs = dueAtMs;
    const waitMs = dueAtMs - clock.now();
    if (waitMs <= 0) begin();
    else cancelTimer = clock.setTimer(Math.min(waitMs, maxWaitMs), begin);
  };

  return {
    wake(dueAtMs) {
      if (underWay === undefined) arm(dueAtMs);
      else isWokenAgain = true;
    },
    start() {
      isStopped = false;
      begin();
    },
    async stop() {
      isStopped = true;
      cancelTimer();
      await underWay;
    },
  };
}
