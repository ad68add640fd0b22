import type { Mutant } from '../mutants/registry.ts';

/** How many seeds it took to find a defence missing, and by what; `undefined` when none did. */
export type Caught = { readonly mutant: Mutant; readonly afterSeeds: number | undefined; readonly by: string };

/** A defence that was missed without a reason, or whose reason turns out to be wrong, is a failure. */
export function verdictOf(results: readonly Caught[], seeds: number): { readonly ok: boolean; readonly text: string } {
  const names = (select: (result: Caught) => boolean) => results.filter(select).map(({ mutant }) => mutant.name);
  const isMasked = ({ mutant }: Caught) => mutant.masked !== undefined;
  const isCaught = ({ afterSeeds }: Caught) => afterSeeds !== undefined;
  const missed = names((result) => !isCaught(result) && !isMasked(result));
  const wronglyMasked = names((result) => isCaught(result) && isMasked(result));
  if (missed.length > 0) return { ok: false, text: `MISSED within ${seeds} seeds: ${missed.join(', ')}` };
  if (wronglyMasked.length > 0)
    return { ok: false, text: `NOT MASKED, as their entries say: ${wronglyMasked.join(', ')}` };
  const masked = results.filter(isMasked).length;
  return {
    ok: true,
    text: `OK: ${results.length - masked} defences were found missing, ${masked} are masked by others`,
  };
}
