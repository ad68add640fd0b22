/** The part of JSON Schema draft 7 that Helm reads and that is used here. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** A setting: what it may be, what it is unless somebody says otherwise, and what it is for. */
export type Setting = {
  readonly kind: 'setting';
  readonly doc: string;
  readonly schema: JsonSchema;
  /** Unset is allowed where there is no default: a template asks whether it is there. */
  readonly fallback?: unknown;
};

/** Settings that belong together. Closed: a key that is not named here is a slip, and is refused. */
export type Group = {
  readonly kind: 'group';
  readonly doc: string;
  readonly fields: Readonly<Record<string, Value>>;
};

export type Value = Setting | Group;

type Fallback<Type> = { readonly fallback?: Type };

const setting = (doc: string, schema: JsonSchema, { fallback }: Fallback<unknown>): Setting => ({
  kind: 'setting',
  doc,
  schema: fallback === undefined ? orNothing(schema) : schema,
  ...(fallback !== undefined && { fallback }),
});

/** A later file takes back by `null` what an earlier one said. */
const orNothing = ({ type, ...schema }: JsonSchema): JsonSchema =>
  typeof type === 'string' ? { type: [type, 'null'], ...schema } : { ...schema, ...(type !== undefined && { type }) };

export const group = (doc: string, fields: Readonly<Record<string, Value>>): Group => ({ kind: 'group', doc, fields });

export const text = (doc: string, options: Fallback<string> & { readonly pattern?: string } = {}) => {
  const { pattern } = options;
  return setting(doc, { type: 'string', ...(pattern !== undefined && { pattern }) }, options);
};

export const whole = (doc: string, options: Fallback<number> & { readonly min: number; readonly max: number }) =>
  setting(doc, { type: 'integer', minimum: options.min, maximum: options.max }, options);

export const flag = (doc: string, fallback?: boolean) =>
  setting(doc, { type: 'boolean' }, fallback === undefined ? {} : { fallback });

export const choice = (doc: string, choices: readonly string[], fallback?: string) =>
  setting(doc, { enum: choices }, fallback === undefined ? {} : { fallback });

export const list = (doc: string, items: JsonSchema, fallback?: readonly unknown[]) =>
  setting(doc, { type: 'array', items }, fallback === undefined ? {} : { fallback });

/** Names and texts, such as labels. */
export const texts = (doc: string, fallback?: Readonly<Record<string, string>>) =>
  setting(
    doc,
    { type: 'object', additionalProperties: { type: 'string' } },
    fallback === undefined ? {} : { fallback },
  );

/** An object of Kubernetes, whose fields the API server checks. */
export const kubernetesObject = (doc: string, fallback?: Readonly<Record<string, unknown>>) =>
  setting(doc, { type: 'object' }, fallback === undefined ? {} : { fallback });

/** The same settings without defaults: what may be said again for one service. */
export function withoutFallbacks(value: Value): Value {
  if (value.kind === 'setting') return { kind: 'setting', doc: value.doc, schema: orNothing(value.schema) };
  const fields = Object.entries(value.fields).map(([name, field]) => [name, withoutFallbacks(field)]);
  return { ...value, fields: Object.fromEntries(fields) as Group['fields'] };
}
