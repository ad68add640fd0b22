/** Everything that happened, as one number; and as text for whoever wants to read it. */
export type Trace = {
  /** Notes that something happened. `orderId` where it concerns one order. */
  readonly note: (who: string, what: string, orderId?: string) => void;
  readonly hash: () => string;
  readonly lines: () => readonly TraceLine[];
};

export type TraceLine = {
  /** Virtual milliseconds since the beginning. */
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
  readonly orderId: string | undefined;
};

/** Two lanes of 32 bits (FNV-1a and a multiplicative one): a different run gives a different hash, for all practice. */
export function createTrace(elapsed: () => number, { keepsLines }: { readonly keepsLines: boolean }): Trace {
  let first = 0x811c9dc5;
  let second = 0x9e3779b9;
  const lines: TraceLine[] = [];
  const take = (text: string) => {
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      first = Math.imul(first ^ code, 0x01000193);
      second = Math.imul(second + code, 0x85ebca6b) ^ (second >>> 15);
    }
  };
  return {
    note(who, what, orderId) {
      const atMs = elapsed();
      take(`${atMs} ${who} ${what} ${orderId ?? ''}\n`);
      if (keepsLines) lines.push({ atMs, who, what, orderId });
    },
    hash: () => [first, second].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join(''),
    lines: () => lines,
  };
}
