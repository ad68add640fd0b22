import type { ProcessPort, StopSignal } from '../lifecycle.ts';

/** A process whose signals the test sends and whose end it looks at. Unlike a real one, it goes on after `exit`. */
export type FakeProcess = ProcessPort & {
  send(signal: StopSignal): void;
  crash(error: unknown): void;
  readonly exitCodes: readonly number[];
  readonly errorLines: readonly string[];
};

export function createFakeProcess(): FakeProcess {
  const listeners = new Map<StopSignal, () => void>();
  let onCrash: (kind: string, error: unknown) => void = () => {};
  const exitCodes: number[] = [];
  const errorLines: string[] = [];
  return {
    exitCodes,
    errorLines,
    onSignal: (signal, listener) => void listeners.set(signal, listener),
    onCrash: (listener) => {
      onCrash = listener;
    },
    exit: (code) => void exitCodes.push(code),
    writeError: (line) => void errorLines.push(line),
    send: (signal) => listeners.get(signal)?.(),
    crash: (error) => onCrash('uncaught exception', error),
  };
}
