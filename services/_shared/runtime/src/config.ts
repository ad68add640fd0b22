import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Environment variables as the process receives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A secret that may change while the process runs: gives it as it is at this moment. A function, so that whoever prints a
 * configuration prints no secret.
 *
 * @throws Error naming the variable and the file that cannot be used any more, never what is in it
 */
export type LiveSecret = () => string;

/** One variable that cannot be used: its name, what was given (hidden for secrets) and what is expected. */
export type ConfigFault = { readonly variable: string; readonly given: string; readonly expected: string };

/** The configuration cannot be used. `faults` and `message` name every fault at once, so that one restart repairs all. */
export class ConfigError extends Error {
  readonly code = 'bad-configuration';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(
      `bad configuration: ${faults.map(({ variable, given, expected }) => `${variable} is ${given}, expected ${expected}`).join('; ')}`,
    );
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/**
 * Reads a service's configuration. An empty variable counts as unset, a variable that the schema does not name is ignored.
 * A secret variable is also read from the file that `<NAME>_FILE` names (its last line break is dropped); a live one is read
 * now, to find its faults, and again whenever it is asked for.
 *
 * @param schema one key per environment variable, made by the helpers of `config-variables.ts`
 * @param readFile how secret files are read; the default reads the real file system
 * @returns a frozen plain object, keyed like the schema
 * @throws ConfigError naming every fault
 */
export function loadConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  environment: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): Readonly<z.output<z.ZodObject<Shape>>> {
  const given: Record<string, string> = {};
  const live: Record<string, LiveSecret> = {};
  const faults: ConfigFault[] = [];
  for (const variable of Object.keys(schema.shape)) {
    const found = isSecret(schema, variable)
      ? readSecret(variable, environment, readFile)
      : { text: present(environment[variable]) };
    if ('fault' in found) faults.push(found.fault);
    else if (found.text !== undefined) given[variable] = found.text;
    if ('path' in found && metaOf(schema, variable)?.live === true) {
      live[variable] = () => readAgain(schema, variable, found.path, readFile);
    }
  }
  const parsed = schema.safeParse(given);
  const broken = Object.keys(schema.shape).flatMap((variable) => brokenRule(schema, variable, given));
  if (parsed.success && faults.length === 0 && broken.length === 0) return Object.freeze({ ...parsed.data, ...live });
  const alreadyNamed = new Set(faults.map((fault) => fault.variable));
  const schemaFaults = parsed.error?.issues.map((issue) => faultOf(schema, issue, given)) ?? [];
  // A secret whose file cannot be read is not missing.
  const isNamed = ({ variable }: ConfigFault) => alreadyNamed.has(variable) || alreadyNamed.has(`${variable}_FILE`);
  const own = [...faults, ...schemaFaults.filter((fault) => !isNamed(fault))];
  const wrong = new Set(own.map((fault) => fault.variable));
  throw new ConfigError([...own, ...broken.filter((fault) => !wrong.has(fault.variable))]);
}

/** What a variable has to be beside the others that are given; `undefined` when it is as it has to be. */
export type VariableRule = (given: Readonly<Record<string, string | undefined>>) => string | undefined;

/** What the helpers of `config-variables.ts` attach to a variable's schema, for fault messages. */
export type VariableMeta = {
  readonly expected: string;
  readonly secret: boolean;
  /** Whether its value is a `LiveSecret`. */
  readonly live?: boolean;
  readonly rule?: VariableRule | undefined;
};

/** Longest part of a faulty value that a fault message repeats. */
const maxGivenCharacters = 80;

type SecretText =
  | { readonly text: string | undefined }
  | { readonly text: string; readonly path: string }
  | { readonly fault: ConfigFault };

function readSecret(variable: string, environment: Environment, readFile: (path: string) => string): SecretText {
  const inline = present(environment[variable]);
  const path = present(environment[`${variable}_FILE`]);
  if (path === undefined) return { text: inline };
  if (inline !== undefined) {
    const expected = `only one of ${variable} and ${variable}_FILE`;
    return { fault: { variable, given: 'set twice (values hidden)', expected } };
  }
  const text = textOf(path, readFile);
  // An empty file is not the same as no file: whoever names one has a secret.
  const expected = text === undefined ? 'a readable file' : 'a file that is not empty';
  if (text === undefined || text === '') {
    return { fault: { variable: `${variable}_FILE`, given: JSON.stringify(path), expected } };
  }
  return { text, path };
}

function textOf(path: string, readFile: (path: string) => string): string | undefined {
  try {
    return readFile(path).replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

/** @throws Error when the file has become unreadable or has a text in it that the start would have refused */
function readAgain(schema: z.ZodObject, variable: string, path: string, readFile: (path: string) => string): string {
  const name = `${variable}_FILE (${JSON.stringify(path)})`;
  const text = textOf(path, readFile);
  if (text === undefined) throw new Error(`${name} cannot be read any more`);
  const member: unknown = schema.shape[variable];
  const parsed = text !== '' && member instanceof z.ZodType ? member.safeParse(text) : undefined;
  if (parsed?.success !== true) {
    throw new Error(`${name} has something else in it now, expected ${metaOf(schema, variable)?.expected}`);
  }
  return (parsed.data as LiveSecret)();
}

function faultOf(schema: z.ZodObject, issue: z.core.$ZodIssue, given: Record<string, string>): ConfigFault {
  const variable = String(issue.path[0] ?? 'environment');
  const expected = metaOf(schema, variable)?.expected ?? issue.message;
  return { variable, given: shownText(schema, variable, given[variable]), expected };
}

function brokenRule(schema: z.ZodObject, variable: string, given: Record<string, string>): readonly ConfigFault[] {
  const expected = metaOf(schema, variable)?.rule?.(given);
  return expected === undefined ? [] : [{ variable, given: shownText(schema, variable, given[variable]), expected }];
}

function shownText(schema: z.ZodObject, variable: string, text: string | undefined): string {
  if (text === undefined) return 'not set';
  return isSecret(schema, variable) ? 'set (value hidden)' : JSON.stringify(showable(text));
}

/** Short, and without the credentials of a URL: they are a fault and a secret at once. */
function showable(text: string): string {
  return text.replaceAll(/\/\/[^/\s]*@/g, '//(hidden)@').slice(0, maxGivenCharacters);
}

function metaOf(schema: z.ZodObject, variable: string): Partial<VariableMeta> | undefined {
  const member: unknown = schema.shape[variable];
  return member instanceof z.ZodType ? (member.meta() as Partial<VariableMeta> | undefined) : undefined;
}

function isSecret(schema: z.ZodObject, variable: string): boolean {
  return metaOf(schema, variable)?.secret === true;
}

function present(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
