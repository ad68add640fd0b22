/** Who a task belongs to. What a dead owner still had to do never happens; what a paused one had to do waits. */
export type Owner = {
  readonly name: string;
  readonly isAlive: () => boolean;
  /** Virtual milliseconds until which nothing of this owner runs; in the past when it runs. */
  readonly pausedUntil: () => number;
  /** Unix milliseconds, as its machine has them. */
  readonly wallClock: () => number;
};

export type Cancel = () => void;

/** Virtual time, and everything that will happen in it. */
export type Scheduler = {
  /** Virtual milliseconds since the beginning. */
  readonly elapsed: () => number;
  /** The owner of the task that runs. */
  readonly current: () => Owner | undefined;
  /** Tasks of one instant run in the order in which they were scheduled. */
  readonly schedule: (owner: Owner | undefined, afterMs: number, run: () => void) => Cancel;
  /** Lets time pass until nothing is left, `isOver` says so between two tasks, or `untilMs` has come. */
  readonly run: (until: { readonly untilMs: number; readonly isOver?: () => boolean }) => Promise<void>;
  /** Tasks that have run. */
  readonly steps: () => number;
};

type Task = {
  readonly dueMs: number;
  readonly sequence: number;
  readonly owner: Owner | undefined;
  readonly run: () => void;
  isCancelled: boolean;
};

/**
 * A discrete-event scheduler: a heap of (virtual time, sequence, task). After each task the promises that it settled run
 * until none can go on, so a step has no other concurrency than that which the heap decides.
 *
 * @param settle one real turn of the event loop, in which all microtasks run
 */
export function createScheduler(settle: () => Promise<void>): Scheduler {
  const heap = createHeap();
  let elapsedMs = 0;
  let sequence = 0;
  let steps = 0;
  let current: Owner | undefined;

  const schedule: Scheduler['schedule'] = (owner, afterMs, run) => {
    sequence += 1;
    const task: Task = { dueMs: elapsedMs + Math.max(0, afterMs), sequence, owner, run, isCancelled: false };
    heap.push(task);
    return () => {
      task.isCancelled = true;
    };
  };

  return {
    elapsed: () => elapsedMs,
    current: () => current,
    schedule,
    steps: () => steps,
    async run({ untilMs, isOver = () => false }) {
      await settle();
      while (!isOver()) {
        const task = heap.peek();
        if (task === undefined || task.dueMs > untilMs) break;
        heap.pop();
        if (task.isCancelled || task.owner?.isAlive() === false) continue;
        const pausedUntil = task.owner?.pausedUntil() ?? 0;
        if (pausedUntil > task.dueMs) {
          sequence += 1;
          heap.push({ ...task, dueMs: pausedUntil, sequence });
          continue;
        }
        elapsedMs = task.dueMs;
        current = task.owner;
        steps += 1;
        task.run();
        await settle();
      }
      current = undefined;
      if (!isOver() && Number.isFinite(untilMs)) elapsedMs = Math.max(elapsedMs, untilMs);
    },
  };
}

/** A binary min-heap by due time, then by sequence. */
function createHeap() {
  const tasks: Task[] = [];
  const isBefore = (left: Task, right: Task) =>
    left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.sequence < right.sequence);
  const at = (index: number) => tasks[index] as Task;
  const swap = (left: number, right: number) => {
    const task = at(left);
    tasks[left] = at(right);
    tasks[right] = task;
  };
  const rise = (start: number) => {
    for (let index = start; index > 0;) {
      const parent = (index - 1) >> 1;
      if (!isBefore(at(index), at(parent))) return;
      swap(index, parent);
      index = parent;
    }
  };
  const sink = () => {
    for (let index = 0; ;) {
      const left = 2 * index + 1;
      if (left >= tasks.length) return;
      const right = left + 1;
      const child = right < tasks.length && isBefore(at(right), at(left)) ? right : left;
      if (!isBefore(at(child), at(index))) return;
      swap(index, child);
      index = child;
    }
  };
  return {
    peek: (): Task | undefined => tasks[0],
    push(task: Task) {
      tasks.push(task);
      rise(tasks.length - 1);
    },
    pop() {
      const last = tasks.pop();
      if (last === undefined || tasks.length === 0) return;
      tasks[0] = last;
      sink();
    },
  };
}
