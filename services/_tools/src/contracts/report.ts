import type { Judgement } from './judge-contracts.ts';

const advice: Readonly<Record<Judgement['verdict'], readonly string[]>> = {
  same: [],
  new: ['  run: npm run contracts -- --write'],
  extended: ['  run: npm run contracts -- --write'],
  refused: [
    '  Leave the type as it is, and add a new one beside it. Readers first: this release reads both (readSince), a later one',
    '  sends the new type (writtenSince). An optional field may be added to a type at any time.',
  ],
};

const headlines: Readonly<Record<Judgement['verdict'], string>> = {
  same: '',
  new: 'has no golden file yet',
  extended: 'was extended, and every release still reads it',
  refused: 'would no longer be read by the release beside this one',
};

/** What differs, for people: the type, where, what, whom it breaks, what to do. Empty when nothing does. */
export function reportOn(judgements: readonly Judgement[]): readonly string[] {
  return judgements
    .filter(({ verdict }) => verdict !== 'same')
    .flatMap(({ type, verdict, changes }) => [
      `${type} ${headlines[verdict]}`,
      ...changes.map(
        ({ pointer, what, breaks }) => `  ${pointer}: ${what}${breaks === undefined ? '' : `: ${breaks}`}`,
      ),
      ...advice[verdict],
    ]);
}
