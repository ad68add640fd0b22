import type { Arena } from './arena.ts';

/** What shows that a fault struck: how often, and in words. */
export type Proof = { readonly times: number; readonly seen: string };

/** One misfortune, of the list of `--list`. */
export type Fault = {
  /** Kebab-case. */
  readonly name: string;
  /** What happens, in one line. */
  readonly does: string;
  /** Why it cannot be made in this arena; absent or `undefined` when it can. */
  readonly cannot?: (arena: Arena) => string | undefined;
  /** Makes it and ends it. */
  readonly strike: (arena: Arena) => Promise<Proof>;
  /** Mends what a strike that failed may have left broken. May be called when nothing is. */
  readonly heal?: (arena: Arena) => Promise<void>;
  /** What providers were asked for while it struck may still happen so long after its end, milliseconds. */
  readonly landsWithinMs?: number | undefined;
  /** Done when all orders are at their ends and none is placed: nothing may change by it. */
  readonly atRest?: true;
  /** Nobody may notice it: no failed request, and no order that takes longer than 10 s. */
  readonly unnoticed?: true;
};
