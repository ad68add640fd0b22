import { z } from 'zod';

/** Makes a token, but for what is said here a good one of `u-1` that may read orders; see the test issuer. */
const tokenParts = {
  alg: z.enum(['RS256', 'PS256', 'ES256', 'EdDSA', 'RS512']).optional(),
  header: z.record(z.string(), z.unknown()).optional(),
  claims: z.record(z.string(), z.unknown()).optional(),
  expiresIn: z.int().optional(),
  validIn: z.int().optional(),
  signedBy: z.enum(['issuer', 'stranger', 'public-key', 'nobody']).optional(),
};
const TokenSchema = z.strictObject({
  ...tokenParts,
  /** Takes a part of another token. */
  swap: z
    .strictObject({ part: z.enum(['header', 'payload', 'signature']), with: z.strictObject(tokenParts) })
    .optional(),
});
export type WrittenToken = z.infer<typeof TokenSchema>;

/** The notation of the files in `corpus/`; `corpus/README.md` explains it to people. */
const requestParts = {
  method: z.string().optional(),
  path: z.string().optional(),
  /** `null` takes a header of the base away, a list sends it several times. */
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string()), z.null()])).optional(),
  body: z.unknown().optional(),
  set: z.record(z.string(), z.unknown()).optional(),
  remove: z.array(z.string()).optional(),
  put: z.array(z.tuple([z.string(), z.string()])).optional(),
  text: z.string().optional(),
  hex: z.string().optional(),
  gzippedZeros: z.int().optional(),
  padTo: z.int().optional(),
  chunked: z.boolean().optional(),
  webhook: z
    .strictObject({
      secret: z.enum(['psp', 'carrier', 'other']),
      id: z.string().default('w-1'),
      ageSeconds: z.int().default(0),
      /** What is signed when it is not what is sent. */
      signed: z.strictObject({ id: z.string(), ageSeconds: z.int(), text: z.string() }).partial().optional(),
    })
    .optional(),
  token: TokenSchema.optional(),
};

const RequestSchema = z.strictObject(requestParts);
export type WrittenRequest = z.infer<typeof RequestSchema>;

const ExpectSchema = z.strictObject({
  status: z.int(),
  /** Of the problem; a status from 400 on needs it, or `bare`. */
  code: z.string().optional(),
  /** Pointer and code of every fault, in any order. */
  faults: z.array(z.tuple([z.string(), z.string()])).optional(),
  /** A part of the body. */
  json: z.record(z.string(), z.unknown()).optional(),
  /** What a header must be. */
  headers: z.record(z.string(), z.string()).optional(),
  absent: z.array(z.string()).optional(),
  /** What the body must not repeat. */
  lacks: z.string().optional(),
  /** The answer of Node's HTTP parser or of the adapter behind it: a status and nothing else. */
  bare: z.boolean().default(false),
  /** A stream that stays open: it is left once its head is there. */
  stream: z.boolean().default(false),
});
export type Expected = z.infer<typeof ExpectSchema>;

const stepParts = { ...requestParts, expect: ExpectSchema };
const HttpCaseSchema = z.union([
  z.strictObject({ name: z.string(), steps: z.array(z.strictObject(stepParts)).min(1) }),
  z.strictObject({ name: z.string(), ...stepParts }),
]);
export type HttpStep = WrittenRequest & { readonly expect: Expected };
export type HttpCase = { readonly name: string; readonly steps: readonly HttpStep[] };

const RawCaseSchema = z.strictObject({
  name: z.string(),
  /** Written one after the other, in Latin-1; a number is a pause in milliseconds. */
  send: z.array(z.union([z.string(), z.number()])),
  /** The client goes away after the last byte. */
  leaves: z.boolean().default(false),
  expect: z.strictObject({
    /** Of all answers that come, in order. */
    statuses: z.array(z.int()),
    /** Whether the server closes the connection. */
    closes: z.boolean(),
  }),
});
export type RawCase = z.infer<typeof RawCaseSchema>;

const BusCaseSchema = z.strictObject({
  name: z.string(),
  service: z.enum(['order', 'orchestrator', 'antifraud', 'payment', 'shipping']),
  type: z.string(),
  data: z.unknown().optional(),
  set: z.record(z.string(), z.unknown()).optional(),
  remove: z.array(z.string()).optional(),
  put: z.array(z.tuple([z.string(), z.string()])).optional(),
  expect: z.enum(['parked', 'handled', 'ignored', 'transient']),
});
export type BusCase = z.infer<typeof BusCaseSchema>;

const programs = ['local', 'order', 'orchestrator', 'antifraud', 'payment', 'shipping', 'sandbox'] as const;
export type Program = (typeof programs)[number];

const ConfigCaseSchema = z.strictObject({
  name: z.string(),
  program: z.enum(programs),
  set: z.record(z.string(), z.string()).default({}),
  remove: z.array(z.string()).default([]),
  /** The variables that the one message has to name. */
  expect: z.strictObject({ faults: z.array(z.string()).min(1), lacks: z.string().optional() }),
});
export type ConfigCase = z.infer<typeof ConfigCaseSchema>;

const ProcessCaseSchema = z.strictObject({
  name: z.string(),
  program: z.enum(programs).default('local'),
  args: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  expect: z.strictObject({ exit: z.int(), says: z.array(z.string()) }),
});
export type ProcessCase = z.infer<typeof ProcessCaseSchema>;

export type CorpusClass = { readonly class: string } & (
  | {
      readonly kind: 'http';
      /** Whether the platform asks its callers who they are. */
      readonly auth: 'off' | 'jwt';
      readonly base: WrittenRequest;
      readonly cases: readonly HttpCase[];
    }
  | { readonly kind: 'raw'; readonly cases: readonly RawCase[] }
  | { readonly kind: 'bus'; readonly cases: readonly BusCase[] }
  | { readonly kind: 'config'; readonly cases: readonly ConfigCase[] }
  | { readonly kind: 'process'; readonly cases: readonly ProcessCase[] }
);

const WrittenClassSchema = z.strictObject({
  class: z.string(),
  kind: z.enum(['http', 'raw', 'bus', 'config', 'process']),
  auth: z.enum(['off', 'jwt']).default('off'),
  base: z.record(z.string(), z.unknown()).default({}),
  cases: z.array(z.record(z.string(), z.unknown())).min(1),
});

/**
 * Reads one file of the corpus: products are multiplied out, shorthands written out.
 *
 * @throws Error that names the case which is not in the notation, or is there twice
 */
export function readClass(text: string): CorpusClass {
  const written = WrittenClassSchema.parse(JSON.parse(text));
  const cases = written.cases.flatMap(multiply).map((one) => writeOut(one) as Readonly<Record<string, unknown>>);
  refuseTwins(written.class, cases);
  const parsed = <Case>(schema: z.ZodType<Case>) =>
    cases.map((one) => {
      const { data, error } = schema.safeParse(one);
      if (error !== undefined) throw new Error(`${written.class}: ${String(one['name'])}: ${z.prettifyError(error)}`);
      return data;
    });
  const name = written.class;
  switch (written.kind) {
    case 'http': {
      const steps = parsed(HttpCaseSchema).map((one): HttpCase => {
        if ('steps' in one) return one;
        const { name: caseName, ...step } = one;
        return { name: caseName, steps: [step] };
      });
      const base = RequestSchema.parse(writeOut(written.base));
      return { class: name, kind: 'http', auth: written.auth, base, cases: steps };
    }
    case 'raw':
      return { class: name, kind: 'raw', cases: parsed(RawCaseSchema) };
    case 'bus':
      return { class: name, kind: 'bus', cases: parsed(BusCaseSchema) };
    case 'config':
      return { class: name, kind: 'config', cases: parsed(ConfigCaseSchema) };
    case 'process':
      return { class: name, kind: 'process', cases: parsed(ProcessCaseSchema) };
  }
}

/** Two cases that ask the same are one case too many. */
function refuseTwins(className: string, cases: readonly Readonly<Record<string, unknown>>[]): void {
  const seen = new Map<string, unknown>();
  for (const { name, ...rest } of cases) {
    const key = JSON.stringify(rest);
    if (seen.has(key)) throw new Error(`${className}: ${String(name)} asks what ${String(seen.get(key))} asks`);
    seen.set(key, name);
  }
}

type Written = Readonly<Record<string, unknown>>;

/** `each` names lists: the case stands for one case per combination of their members. */
function multiply({ each, ...written }: Written): readonly Written[] {
  if (each === undefined) return [written];
  const combinations = Object.entries(each as Readonly<Record<string, readonly unknown[]>>).reduce<readonly Written[]>(
    (soFar, [variable, values]) => soFar.flatMap((one) => values.map((value) => ({ ...one, [variable]: value }))),
    [{}],
  );
  return combinations.map((variables) => {
    const shown = Object.values(variables).map((value) => JSON.stringify(value).slice(0, maxShownCharacters));
    return { ...(fillIn(written, variables) as Written), name: `${String(written['name'])}: ${shown.join(', ')}` };
  });
}

const maxShownCharacters = 60;

/** A string that is only `{variable}` becomes the value itself, `{variable}` inside a text becomes part of the text. */
function fillIn(value: unknown, variables: Written): unknown {
  if (typeof value === 'string') {
    const whole = /^\{(\w+)\}$/.exec(value)?.[1];
    if (whole !== undefined && Object.hasOwn(variables, whole)) return variables[whole];
    return value.replaceAll(/\{(\w+)\}/g, (text, name: string) =>
      Object.hasOwn(variables, name) ? String(variables[name]) : text,
    );
  }
  if (Array.isArray(value)) return value.map((member) => fillIn(member, variables));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [String(fillIn(key, variables)), fillIn(member, variables)]),
  );
}

/** `<<text*n>>` in any string is the text n times; `{"$items": n}` is n items of an order, each of another product. */
function writeOut(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/<<(.+?)\*(\d+)>>/gs, (_, text: string, times: string) => text.repeat(Number(times)));
  }
  if (Array.isArray(value)) return value.map(writeOut);
  if (value === null || typeof value !== 'object') return value;
  if ('$items' in value) {
    return Array.from({ length: Number(value.$items) }, (_, n) => ({
      productId: `sku-${n}`,
      quantity: 1,
      unitPrice: 1,
    }));
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [String(writeOut(key)), writeOut(member)]));
}
