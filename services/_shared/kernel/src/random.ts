/** A source of randomness that a simulation can seed. Not for secrets. */
export type Random = {
  /** Uniform in [0, 1). */
  next(): number;
};

/**
 * A stable value in [0, 1) drawn from a text (FNV-1a with a final mix). Deciders are pure, so the jitter of a retry comes
 * from the stream and the attempt: the same question twice gives the same interval, two orders get different ones.
 */
export function stableFraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x7feb352d);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x846ca68b);
  hash ^= hash >>> 16;
  return (hash >>> 0) / 0x1_0000_0000;
}

/**
 * The wait before try number `attempt` (1, 2, …) in milliseconds: doubles from `baseMs` up to `capMs`, then takes a stable
 * point in its upper half ("equal jitter"), so that a crowd that failed together does not come back together.
 */
export function backoffMs(attempt: number, baseMs: number, capMs: number, seed: string): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(ceiling / 2 + (ceiling / 2) * stableFraction(`${seed}#${attempt}`));
}
