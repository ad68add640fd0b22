import { canonicalJson, sha256Hex } from '@checkout/kernel';
import { manifestsIn } from './helm.ts';

export type Rendered = { readonly chart: string; readonly scenario: string; readonly text: string };

export const goldenPath = 'services/_charts/golden.txt';

/** Charts that render what the others do as well. */
const whole: ReadonlySet<string> = new Set(['checkout', 'infrastructure']);
const digestLength = 12;

/**
 * Every object of every scenario with a digest of what is in it, a line each: what a change of a template, a value or Helm
 * itself changes, and where. The order in which fields are written says nothing.
 */
export function goldenOf(rendered: readonly Rendered[]): string {
  const lines = rendered
    .filter(({ chart }) => whole.has(chart))
    .flatMap(({ chart, scenario, text }) =>
      manifestsIn(text).map((manifest) => {
        const { kind, metadata } = manifest;
        return `${scenario} ${chart} ${kind}/${metadata.name} ${digestOf(manifest)}`;
      }),
    );
  return `${lines.toSorted().join('\n')}\n`;
}

/** What differs from the golden file, a line each: `+` is new, `-` is gone. */
export function differencesFrom(golden: string, now: string): readonly string[] {
  const [before, after] = [golden, now].map((text) => new Set(text.trimEnd().split('\n')));
  const gone = [...(before ?? [])].filter((line) => !after?.has(line)).map((line) => `- ${line}`);
  const added = [...(after ?? [])].filter((line) => !before?.has(line)).map((line) => `+ ${line}`);
  return [...gone, ...added];
}

function digestOf(manifest: object): string {
  return sha256Hex(canonicalJson(manifest)).slice(0, digestLength);
}
