import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '@checkout/contracts';

/** One difference. Without `breaks` both releases read each other in spite of it. */
export type Change = {
  /** JSON pointer into the description of the message. */
  readonly pointer: string;
  readonly what: string;
  /** Who can no longer read whom. */
  readonly breaks?: string;
};

/** Said to people only: whoever reads a message sees nothing of them. */
const annotations: ReadonlySet<string> = new Set(['$comment', 'title', 'description', 'examples', 'deprecated']);
const lowerBounds: ReadonlySet<string> = new Set([
  'minimum',
  'exclusiveMinimum',
  'minLength',
  'minItems',
  'minProperties',
]);
const upperBounds: ReadonlySet<string> = new Set([
  'maximum',
  'exclusiveMaximum',
  'maxLength',
  'maxItems',
  'maxProperties',
]);

const narrowed = 'the new release refuses what the old one still sends';
const widened = 'the old release refuses what the new one may send';
const both = `${narrowed}, and ${widened}`;

/**
 * Compares the schema of two releases that run side by side: each reads what the other sends, so a change has to pass both
 * ways. Readers ignore fields that they do not know.
 *
 * | change | old message, new reader | new message, old reader | verdict |
 * | --- | --- | --- | --- |
 * | a word to people | same | same | passes |
 * | a new optional field of an open object | absent, as it may be | ignored | passes |
 * | a new required field | absent: refused | ignored | breaks |
 * | a new optional field where unknown ones are refused, or are read by a rule of their own | absent | not ignored | breaks |
 * | a required field removed | ignored | absent: refused | breaks |
 * | an optional field removed | its value is lost | absent | breaks: data is lost, and the name is free for another meaning |
 * | a required field becomes optional | there | may be absent: refused | breaks |
 * | an optional field becomes required | may be absent: refused | there | breaks |
 * | another type | refused, or taken for something else | likewise | breaks |
 * | fewer values: an enum, a range, a length, a pattern, a closed object | refused | allowed | breaks |
 * | more values | allowed | refused | breaks |
 * | another default | read as something else than it was sent as | likewise | breaks |
 * | anything within a choice of schemas (`anyOf` and its like) | a value may fall into another branch | likewise | breaks |
 *
 * What is not known here counts as a narrowing, a widening or both, by whether it came, went or changed.
 */
export function compareSchemas(before: JsonSchema, after: JsonSchema, pointer: string): readonly Change[] {
  if (!isDeepStrictEqual(before['type'], after['type'])) {
    const what = `the type was ${say(before['type'])} and is ${say(after['type'])}`;
    return [{ pointer: `${pointer}/type`, what, breaks: both }];
  }
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [
    ...compareFields(before, after, pointer),
    ...[...keywords]
      .filter((keyword) => !annotations.has(keyword) && !['properties', 'required'].includes(keyword))
      .flatMap((keyword) => compareKeyword(keyword, before[keyword], after[keyword], `${pointer}/${keyword}`)),
  ];
}

function compareFields(before: JsonSchema, after: JsonSchema, pointer: string): readonly Change[] {
  const names = new Set([...fieldsOf(before), ...fieldsOf(after)]);
  return [...names].flatMap((name): readonly Change[] => {
    const place = `${pointer}/properties/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const [old, current] = [fieldOf(before, name), fieldOf(after, name)];
    if (old === undefined) return [added(place, name, isRequired(after, name), isOpen(before))];
    if (current === undefined) return [removed(place, name, isRequired(before, name))];
    return [
      ...compareRequired(place, name, isRequired(before, name), isRequired(after, name)),
      ...compareSchemas(old, current, place),
    ];
  });
}

function added(pointer: string, name: string, required: boolean, open: boolean): Change {
  if (required) {
    const breaks = 'what the old release sends has no such field, and the new one refuses it';
    return { pointer, what: `the required field ${say(name)} was added`, breaks };
  }
  const change = { pointer, what: `the optional field ${say(name)} was added` };
  return open ? change : { ...change, breaks: 'the old release does not ignore fields that it does not know there' };
}

function removed(pointer: string, name: string, required: boolean): Change {
  return required
    ? {
        pointer,
        what: `the required field ${say(name)} was removed`,
        breaks: 'the old release refuses what the new one sends without it',
      }
    : {
        pointer,
        what: `the optional field ${say(name)} was removed`,
        breaks: 'the new release loses what the old one sends in it, and the name could come back with another meaning',
      };
}

function compareRequired(pointer: string, name: string, was: boolean, is: boolean): readonly Change[] {
  if (was === is) return [];
  return is
    ? [{ pointer, what: `the optional field ${say(name)} became required`, breaks: narrowed }]
    : [{ pointer, what: `the required field ${say(name)} became optional`, breaks: widened }];
}

function compareKeyword(keyword: string, before: unknown, after: unknown, pointer: string): readonly Change[] {
  if (isDeepStrictEqual(before, after)) return [];
  if ((keyword === 'items' || keyword === 'additionalProperties') && isSchema(before) && isSchema(after)) {
    return compareSchemas(before, after, pointer);
  }
  if (keyword === 'enum' && Array.isArray(before) && Array.isArray(after)) return compareEnums(before, after, pointer);
  const breaks = verdictOf(keyword, before, after);
  return [{ pointer, what: `${keyword} was ${say(before)} and is ${say(after)}`, breaks }];
}

/** The order of the values says nothing. */
function compareEnums(before: readonly unknown[], after: readonly unknown[], pointer: string): readonly Change[] {
  const gone = before.filter((value) => !after.includes(value));
  const fresh = after.filter((value) => !before.includes(value));
  return [
    ...gone.map((value) => ({ pointer, what: `the value ${say(value)} was removed`, breaks: narrowed })),
    ...fresh.map((value) => ({ pointer, what: `the value ${say(value)} was added`, breaks: widened })),
  ];
}

function verdictOf(keyword: string, before: unknown, after: unknown): string {
  if (keyword === 'default')
    return 'a message without the field means one thing to the old release and another to the new';
  if (before === undefined) return narrowed;
  if (after === undefined) return widened;
  const hasGrown = Number(after) > Number(before);
  if (lowerBounds.has(keyword)) return hasGrown ? narrowed : widened;
  if (upperBounds.has(keyword)) return hasGrown ? widened : narrowed;
  return both;
}

function fieldsOf(schema: JsonSchema): readonly string[] {
  return [...Object.keys(schema['properties'] ?? {}), ...((schema['required'] ?? []) as string[])];
}

/** A field that is only required may hold anything. */
function fieldOf(schema: JsonSchema, name: string): JsonSchema | undefined {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  if (Object.hasOwn(properties, name)) return properties[name];
  return isRequired(schema, name) ? {} : undefined;
}

function isRequired(schema: JsonSchema, name: string): boolean {
  return ((schema['required'] ?? []) as readonly string[]).includes(name);
}

/** Whether readers ignore fields that the schema does not name. */
function isOpen(schema: JsonSchema): boolean {
  return schema['additionalProperties'] === undefined && schema['patternProperties'] === undefined;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function say(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}
