/** How far a run is. */
export type Progress = { readonly placed: number; readonly finished: number; readonly orders: number };

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
      shown = `${bar(progress)} ${textOf(progress)}`;
      if (nowMs() - drawnAtMs < redrawMs && progress.finished < progress.orders) return;
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
      if (nowMs() - saidAtMs < lineEveryMs && progress.finished < progress.orders) return;
      saidAtMs = nowMs();
      stream.write(`${textOf(progress)}\n`);
    },
    say: (line) => void stream.write(`${line}\n`),
    end: () => {},
  };
}

function bar({ finished, placed, orders }: Progress): string {
  const cells = (count: number) => Math.floor((count / Math.max(orders, 1)) * barWidth);
  const done = cells(finished);
  const under = cells(placed) - done;
  return `[${'='.repeat(done)}${'-'.repeat(under)}${' '.repeat(barWidth - done - under)}]`;
}

function textOf({ placed, finished, orders }: Progress): string {
  return `${placed} of ${orders} orders placed, ${finished} at their end`;
}
