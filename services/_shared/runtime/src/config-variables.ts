import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { LiveSecret, VariableMeta, VariableRule } from './config.ts';

/**
 * With `default`, the variable may stay unset; the default may be `undefined`. Without it, the variable is required. `rule`
 * is for what depends on other variables.
 */
type Fallback<Default> = { readonly default?: Default; readonly rule?: VariableRule };
type Range = { readonly min: number; readonly max: number };

/** A whole number from `min` to `max`, in decimal digits. */
export function integerVariable<const Default = never>(options: Range & Fallback<Default>) {
  return variable(
    `a whole number from ${options.min} to ${options.max}`,
    (text) => wholeNumber(text, options),
    options,
  );
}

/** A duration: a whole number of milliseconds from `min` to `max`. */
export function durationMsVariable<const Default = never>(options: Range & Fallback<Default>) {
  const expected = `a whole number of milliseconds from ${options.min} to ${options.max}`;
  return variable(expected, (text) => wholeNumber(text, options), options);
}

/** `true` or `false`, nothing else: `1`, `yes` and `on` are too easily a misunderstanding. */
export function booleanVariable<const Default = never>(options: Fallback<Default> = {}) {
  const parse = (text: string) => (text === 'true' ? true : text === 'false' ? false : undefined);
  return variable('true or false', parse, options);
}

/** An absolute http or https URL without credentials; given back without a trailing slash. */
export function urlVariable<const Default = never>(options: Fallback<Default> = {}) {
  return variable('an http or https URL without credentials', parseUrl, options);
}

/** One of a closed list of words; `expected` says it in other words. */
export function choiceVariable<const Choice extends string, const Default = never>(
  choices: readonly Choice[],
  options: Fallback<Default> & { readonly expected?: string } = {},
) {
  const { expected = `one of ${choices.join(', ')}` } = options;
  return variable(expected, (text) => choices.find((choice) => choice === text), options);
}

/** A text of at most `maxCharacters` (default 1,024) without control characters. */
export function textVariable<const Default = never>(
  options: Fallback<Default> & { readonly maxCharacters?: number } = {},
) {
  const { maxCharacters = 1024 } = options;
  const parse = (text: string) => (text.length <= maxCharacters && !/\p{Cc}/u.test(text) ? text : undefined);
  return variable(`a text of at most ${maxCharacters} characters without control characters`, parse, options);
}

/** A secret of at least `minCharacters`, given as `NAME` or in the file that `NAME_FILE` names. Never repeated in a fault. */
export function secretVariable<const Default = never>(options: Fallback<Default> & { readonly minCharacters: number }) {
  const parse = (text: string) => (text.length >= options.minCharacters ? text : undefined);
  return variable(`a secret of at least ${options.minCharacters} characters`, parse, options, { secret: true });
}

/**
 * The name or the password of a login, asked for again at each login: given as `NAME`, or in the file that `NAME_FILE` names
 * and that may be rewritten while the process runs. At most 1,024 characters, no control characters.
 */
export function credentialVariable<const Default = never>(options: Fallback<Default> = {}) {
  const parse = (text: string) => (text.length <= 1024 && !/\p{Cc}/u.test(text) ? () => text : undefined);
  const expected = 'at most 1024 characters without control characters';
  return variable<LiveSecret, Default>(expected, parse, options, { secret: true, live: true });
}

/**
 * Certificates that prove who a server is, in PEM, asked for again at each connection: given as `NAME`, or in the file that
 * `NAME_FILE` names and that may be rewritten while the process runs.
 */
export function certificatesVariable<const Default = never>(options: Fallback<Default> = {}) {
  const parse = (text: string) => (areCertificates(text) ? () => text : undefined);
  return variable<LiveSecret, Default>('certificates in PEM', parse, options, { secret: true, live: true });
}

/**
 * The URL of a server with one of these schemes (`redis`, `amqps`), given as `NAME` or in the file that `NAME_FILE` names. It
 * may hold credentials, so it is never repeated in a fault.
 */
export function serverUrlVariable<const Default = never>(schemes: readonly string[], options: Fallback<Default> = {}) {
  const parse = (text: string) => {
    const url = /[\s\p{Cc}]/u.test(text) ? null : URL.parse(text);
    return url !== null && url.hostname !== '' && schemes.includes(url.protocol.slice(0, -1)) ? text : undefined;
  };
  return variable(`a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`, parse, options, {
    secret: true,
  });
}

function variable<Value, Default>(
  expected: string,
  parse: (text: string) => Value | undefined,
  fallback: Fallback<Default>,
  kind: Pick<VariableMeta, 'secret' | 'live'> = { secret: false },
) {
  const meta: VariableMeta = { expected, ...kind, rule: fallback.rule };
  return z
    .string()
    .optional()
    .transform((text, context): Value | Default => {
      if (text === undefined && 'default' in fallback) return fallback.default;
      const value = text === undefined ? undefined : parse(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: `expected ${expected}` });
      return z.NEVER;
    })
    .meta(meta);
}

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Node takes any text for certificates, and then trusts nobody. */
function areCertificates(text: string): boolean {
  const found = text.match(certificate) ?? [];
  const begun = text.split('-----BEGIN').length - 1;
  try {
    return found.length > 0 && found.length === begun && found.every((pem) => new X509Certificate(pem).raw.length > 0);
  } catch {
    return false;
  }
}

function wholeNumber(text: string, { min, max }: Range): number | undefined {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

function parseUrl(text: string): string | undefined {
  // The parser forgives blanks and line breaks; whoever adds a path to the text does not.
  if (/[\s\p{Cc}]/u.test(text)) return undefined;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return undefined;
  return text.replace(/\/+$/, '');
}
