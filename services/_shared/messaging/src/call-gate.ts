import type { Clock } from '@checkout/kernel';
import { TransientError } from './errors.ts';
import { withinBatch } from './within-batch.ts';

/** A call that has begun; `result` is there when it came in time for the batch. */
export type StartedCall<Value extends object> = { readonly call: Promise<Value>; readonly result: Value | undefined };

/** Lets in a bounded number of provider calls, those that no batch waits for any more included. */
export type CallGate = {
  /**
   * Waits for a turn, begins the call, and gives it as long as a batch may wait.
   * @throws TransientError when the service stops: the call has not begun, and its batch comes again.
   */
  start: <Value extends object>(begin: () => Promise<Value>) => Promise<StartedCall<Value>>;
};

/**
 * Calls of one participant that are under way at the same time. Without this bound, a batch that stops waiting for a slow
 * call makes room for the next batch, whose calls are slower still: work that waits belongs into the log, not into memory.
 */
const maxCallsUnderWay = 16;

/** @param closing from then on no call begins, and nobody waits for a turn */
export function createCallGate(clock: Clock, closing: AbortSignal): CallGate {
  let free = maxCallsUnderWay;
  const waiting: (() => void)[] = [];
  closing.addEventListener('abort', () => waiting.splice(0).forEach((goOn) => goOn()), { once: true });

  const turn = async () => {
    if (!closing.aborted && free > 0) {
      free -= 1;
      return;
    }
    if (!closing.aborted) await new Promise<void>((resolve) => waiting.push(resolve));
    if (closing.aborted) throw new TransientError('the service stops before its provider is called');
  };
  /** Handed to the one who has waited longest. */
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };

  return {
    async start(begin) {
      await turn();
      const call = begin();
      void call.then(leave, leave);
      return { call, result: await withinBatch(clock, call) };
    },
  };
}
