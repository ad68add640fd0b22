/** A change to a JSON value: what a pointer is set to, what is taken away, and what is replaced in the text at last. */
export type JsonChange = {
  readonly set?: Readonly<Record<string, unknown>> | undefined;
  readonly remove?: readonly string[] | undefined;
  readonly put?: readonly (readonly [find: string, text: string])[] | undefined;
};

/**
 * The changed value as JSON text. What no value of JavaScript can be (1e309, a key twice) is put into the text.
 *
 * @throws Error when a text that is to be replaced is not there
 */
export function changedJson(value: unknown, { set = {}, remove = [], put = [] }: JsonChange): string {
  let changed = structuredClone(value);
  for (const [pointer, member] of Object.entries(set)) changed = withMember(changed, tokensOf(pointer), member);
  for (const pointer of remove) changed = withMember(changed, tokensOf(pointer), undefined);
  return put.reduce((text, [find, replacement]) => {
    if (!text.includes(find)) throw new Error(`${find} is not in ${text.slice(0, 200)}`);
    return text.replace(find, () => replacement);
  }, JSON.stringify(changed));
}

/** RFC 6901. */
function tokensOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function withMember(value: unknown, [token, ...rest]: readonly string[], member: unknown): unknown {
  if (token === undefined) return member;
  if (Array.isArray(value)) {
    return value.map((one: unknown, index) => (String(index) === token ? withMember(one, rest, member) : one));
  }
  const object = value as Readonly<Record<string, unknown>>;
  const { [token]: before, ...others } = object;
  const after = withMember(before, rest, member);
  return after === undefined ? others : { ...object, [token]: after };
}
