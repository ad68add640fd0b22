import type { Measurement } from '../load/measure.ts';

/** Tells a person how far the bench is. */
export type Progress = {
  /** What is going on, on a terminal only. */
  readonly update: (text: string) => void;
  /** A run that is over. */
  readonly done: (label: string, measured: Pick<Measurement, 'perSecond' | 'p99Ms'>) => void;
  /** A line that stays. */
  readonly say: (line: string) => void;
  readonly end: () => void;
};

/** One line that changes on a terminal; elsewhere only the lines that stay. */
export function createProgress(stream: { readonly isTTY?: boolean; write(text: string): unknown }): Progress {
  const clear = stream.isTTY === true ? '\r\x1b[K' : '';
  const say = (line: string) => void stream.write(`${clear}${line}\n`);
  return {
    update(text) {
      if (stream.isTTY === true) stream.write(`${clear}${text}`);
    },
    done: (label, { perSecond, p99Ms }) => say(`${label}: ${Math.round(perSecond)}/s, p99 ${Math.round(p99Ms)} ms`),
    say,
    end: () => void stream.write(clear),
  };
}
