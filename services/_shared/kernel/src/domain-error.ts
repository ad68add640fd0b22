/** One fault of an input, located by an RFC 6901 JSON pointer into the request's body (or a `query.`/`header.` name). */
export type Fault = { readonly pointer: string; readonly code: string; readonly detail: string };

/**
 * A refusal as a value. `code` is the stable, kebab-case identity that callers compare (never the text or the class);
 * every code has a line on the page `/docs/errors`.
 */
export type DomainError<Code extends string = string> = {
  readonly code: Code;
  readonly detail: string;
  readonly faults?: readonly Fault[];
};

export function domainError<Code extends string>(
  code: Code,
  detail: string,
  faults?: readonly Fault[],
): DomainError<Code> {
  return faults === undefined ? { code, detail } : { code, detail, faults };
}
