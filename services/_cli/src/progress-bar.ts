/** How far a run is, as shares of `total` and in words. */
export type Progress = {
  readonly total: number;
  readonly finished: number;
  /** Begun, and not finished yet; shown as another part of the bar. */
  readonly underWay?: number;
  readonly text: string;
};

export type ProgressBar = {
  readonly update: (progress: Progress) => void;
  /** A line that stays, above the bar. */
  readonly say: (line: string) => void;
  readonly end: () => void;
};

const barWidth = 30;
const redrawMs = 100;
const lineEveryMs = 5_000;

/** A bar on a terminal; elsewhere a plain line now and then. */
export function createProgressBar(
  stream: { readonly isTTY?: boolean; write(text: string): unknown },
  nowMs: () => number,
): ProgressBar {
  return stream.isTTY === true ? drawnBar(stream, nowMs) : plainLines(stream, nowMs);
}

function drawnBar(stream: { write(text: string): unknown }, nowMs: () => number): ProgressBar {
  let shown = '';
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  const draw = () => stream.write(`\r\x1b[K${shown}`);
  return {
    update(progress) {
      shown = `${bar(progress)} ${progress.text}`;
      if (nowMs() - drawnAtMs < redrawMs && progress.finished < progress.total) return;
      drawnAtMs = nowMs();
      draw();
    },
    say(line) {
      stream.write(`\r\x1b[K${line}\n`);
      draw();
    },
    end: () => void stream.write(shown === '' ? '' : '\n'),
  };
}

function plainLines(stream: { write(text: string): unknown }, nowMs: () => number): ProgressBar {
  let saidAtMs = nowMs();
  return {
    update(progress) {
      if (nowMs() - saidAtMs < lineEveryMs && progress.finished < progress.total) return;
      saidAtMs = nowMs();
      stream.write(`${progress.text}\n`);
    },
    say: (line) => void stream.write(`${line}\n`),
    end: () => {},
  };
}

function bar({ total, finished, underWay = 0 }: Progress): string {
  const cells = (count: number) => Math.floor((count / Math.max(total, 1)) * barWidth);
  const done = cells(finished);
  const under = cells(finished + underWay) - done;
  return `[${'='.repeat(done)}${'-'.repeat(under)}${' '.repeat(barWidth - done - under)}]`;
}
