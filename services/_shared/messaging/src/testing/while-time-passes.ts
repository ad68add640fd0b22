import type { VirtualClock } from '@checkout/kernel/testing';

const stepMs = 50;

/** Lets time pass until the call is over, and gives what it gave. */
export async function whileTimePasses<Value>(clock: VirtualClock, call: Promise<Value>): Promise<Value> {
  const progress = { isOver: false };
  const end = () => {
    progress.isOver = true;
  };
  call.then(end, end);
  await clock.settle();
  while (!progress.isOver) await clock.advance(stepMs);
  return call;
}
