type Answered = { readonly ms: number; readonly status: number; readonly expected: number };

/** What a run of the corpus comes to. */
export type Tally = {
  /** Counts a case. */
  count: (className: string) => void;
  /** Looks at an answer over HTTP. */
  answered: (className: string, name: string, answer: Answered) => void;
  cases: () => number;
  unplanned5xx: () => readonly string[];
  wronglyAccepted: () => readonly string[];
  summary: (memory: { readonly beforeBytes: number; readonly afterBytes: number }) => string;
};

export function createTally(): Tally {
  const cases = new Map<string, number>();
  const unplanned5xx: string[] = [];
  const wronglyAccepted: string[] = [];
  let slowest = { ms: 0, name: 'none' };
  const total = () => [...cases.values()].reduce((sum, count) => sum + count, 0);

  return {
    count: (className) => void cases.set(className, (cases.get(className) ?? 0) + 1),
    answered(className, name, { ms, status, expected }) {
      const full = `${className}: ${name}`;
      if (status >= 500 && status !== expected) unplanned5xx.push(full);
      if (status >= 200 && status < 300 && expected >= 400) wronglyAccepted.push(full);
      if (ms > slowest.ms) slowest = { ms, name: full };
    },
    cases: total,
    unplanned5xx: () => unplanned5xx,
    wronglyAccepted: () => wronglyAccepted,
    summary({ beforeBytes, afterBytes }) {
      const megabytes = (bytes: number) => `${Math.round(bytes / 1_000_000)} MB`;
      return [
        `bad input: ${total()} cases`,
        ...[...cases].map(([name, count]) => `  ${name.padEnd(20)}${String(count).padStart(5)}`),
        `  unplanned 5xx: ${unplanned5xx.length}, wrongly accepted: ${wronglyAccepted.length}`,
        `  slowest answer: ${Math.round(slowest.ms)} ms (${slowest.name})`,
        `  memory: ${megabytes(beforeBytes)} before, ${megabytes(afterBytes)} after`,
      ].join('\n');
    },
  };
}
