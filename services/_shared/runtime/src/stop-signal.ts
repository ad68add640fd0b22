import type { Clock } from '@checkout/kernel';
import type { ProcessPort, StopSignal } from './lifecycle.ts';

/** A terminal, npm and the launcher each deliver the same Ctrl-C: signals this close to the first are that one. */
const sameSignalMs = 500;
const stopSignals: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const exitInterrupted = 130;

/** Calls `stop` on the first signal that tells the process to stop. Another one more than 500 ms later exits 130 at once. */
export function onStopSignal(
  {
    clock,
    process,
  }: { readonly clock: Pick<Clock, 'monotonic'>; readonly process: Pick<ProcessPort, 'onSignal' | 'exit'> },
  stop: (signal: StopSignal) => void,
): void {
  let firstAtMs: number | undefined;
  for (const signal of stopSignals) {
    process.onSignal(signal, () => {
      if (firstAtMs === undefined) {
        firstAtMs = clock.monotonic();
        stop(signal);
      } else if (clock.monotonic() - firstAtMs > sameSignalMs) {
        process.exit(exitInterrupted);
      }
    });
  }
}
