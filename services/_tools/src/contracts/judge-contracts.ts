import type { MessageDescription } from '@checkout/contracts';
import { type Change, compareSchemas } from './compare-schemas.ts';

/**
 * What became of one message type since its golden file was written. `same`: nothing; `new`: there is no file yet; `extended`:
 * both releases read each other; `refused`: `changes` say why not, those without `breaks` left out.
 */
export type Judgement = {
  readonly type: string;
  readonly verdict: 'same' | 'new' | 'extended' | 'refused';
  readonly changes: readonly Change[];
};

/**
 * Judges the contracts of this build against those that are in the golden files.
 *
 * @param release of this build
 */
export function judgeContracts(
  goldens: readonly MessageDescription[],
  current: readonly MessageDescription[],
  release: number,
): readonly Judgement[] {
  const removed = goldens.filter(({ type }) => !current.some((description) => description.type === type));
  return [
    ...current.map((description) => judge(goldenOf(goldens, description), description, release)),
    ...removed.map(({ type }) => refused(type, [disappeared])),
  ];
}

function goldenOf(goldens: readonly MessageDescription[], { type }: MessageDescription) {
  return goldens.find((golden) => golden.type === type);
}

const disappeared: Change = {
  pointer: '',
  what: 'the type was removed',
  breaks: 'the old release still sends it, and logs and topics still hold it',
};

function judge(golden: MessageDescription | undefined, current: MessageDescription, release: number): Judgement {
  const { type } = current;
  const changes = [
    ...compareSince(golden, current, release),
    ...(golden === undefined ? [] : compareDescriptions(golden, current)),
  ];
  const breaking = changes.filter(({ breaks }) => breaks !== undefined);
  if (breaking.length > 0) return refused(type, breaking);
  if (golden === undefined) return { type, verdict: 'new', changes };
  return { type, verdict: changes.length > 0 ? 'extended' : 'same', changes };
}

function refused(type: string, changes: readonly Change[]): Judgement {
  return { type, verdict: 'refused', changes };
}

/** Facts of the way that a message goes: whoever looks in the old place finds nothing in the new one. */
const facts = {
  producer: 'the log of one service holds it so far, and a topic is a view of one log',
  topic: 'the old release neither sends nor reads it there',
  key: 'messages of one order are no longer in order',
} as const;

function compareDescriptions(golden: MessageDescription, current: MessageDescription): readonly Change[] {
  const moved = (Object.keys(facts) as (keyof typeof facts)[])
    .filter((fact) => golden[fact] !== current[fact])
    .map((fact) => ({
      pointer: `/${fact}`,
      what: `the ${fact} was ${golden[fact]} and is ${current[fact]}`,
      breaks: facts[fact],
    }));
  return [
    ...moved,
    ...compareSchemas(golden.headers, current.headers, '/headers'),
    ...compareSchemas(golden.payload, current.payload, '/payload'),
  ];
}

/** Readers first. What came with the first release had no older one beside it. */
function compareSince(
  golden: MessageDescription | undefined,
  { readSince, writtenSince }: MessageDescription,
  release: number,
): readonly Change[] {
  const expected = golden?.readSince ?? release;
  if (readSince !== expected) {
    const what = `readSince is ${readSince}, and the first release that reads it is ${expected}`;
    return [{ pointer: '/readSince', what, breaks: 'nobody could tell which release may send it' }];
  }
  if (readSince > 1 && writtenSince <= readSince) {
    const what = `writtenSince is ${writtenSince}, and has to be later than readSince, ${readSince}`;
    return [{ pointer: '/writtenSince', what, breaks: 'the release before does not know what this one sends' }];
  }
  if (golden === undefined || golden.writtenSince === writtenSince) return [];
  return [{ pointer: '/writtenSince', what: `writtenSince was ${golden.writtenSince} and is ${writtenSince}` }];
}
