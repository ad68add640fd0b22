import type { ClientErrorStatusCode, ServerErrorStatusCode } from 'hono/utils/http-status';

export type ProblemStatus = ClientErrorStatusCode | ServerErrorStatusCode;

/** What one error code means: its HTTP status, and its line on the page `/docs/errors`. */
export type ErrorEntry = {
  readonly status: ProblemStatus;
  /** The same for every occurrence, without a full stop. */
  readonly title: string;
  /** What happened and what the caller can do about it. */
  readonly explanation: string;
  /** Sent as `Retry-After`, for refusals that pass by themselves. */
  readonly retryAfterSeconds?: number;
};

/** A closed catalogue of error codes, kebab-case. A code that is not in it cannot leave the process. */
export type ErrorCodes = Readonly<Record<string, ErrorEntry>>;

const textFault = (title: string, explanation: string) => ({ status: 422, title, explanation }) as const;

/** The codes that every service shares, those of single faults in `errors` included. */
export const commonErrorCodes = {
  'validation-failed': {
    status: 422,
    title: 'The request breaks a rule',
    explanation:
      'Each entry of `errors` names the field by a JSON pointer, the rule by its code, and what is expected.',
  },
  required: { status: 422, title: 'A field is missing', explanation: 'The pointer names it.' },
  'unknown-field': {
    status: 422,
    title: 'A field is not known here',
    explanation: 'Nothing is ignored in silence: leave the field out, or look for a slip in its name.',
  },
  'invalid-type': {
    status: 422,
    title: 'A value is of another type',
    explanation: 'A number is not a string of digits.',
  },
  'invalid-value': { status: 422, title: 'A value cannot be used', explanation: 'The detail says what is expected.' },
  'too-small': {
    status: 422,
    title: 'A value is too small or too short',
    explanation: 'The detail names the bound.',
  },
  'too-big': { status: 422, title: 'A value is too big or too long', explanation: 'The detail names the bound.' },
  blank: textFault('The text is blank', 'Names, ids, notes and address lines need at least one visible character.'),
  'too-long': textFault('The text is too long', 'The detail names the bound.'),
  'malformed-unicode': textFault(
    'The text is not well-formed',
    'It holds half of a surrogate pair: encode it properly.',
  ),
  'control-character': textFault('The text holds a control character', 'U+0000-001F and U+007F-009F are not allowed.'),
  'surrounding-space': textFault('The text begins or ends with white space', 'Trim it.'),
  'card-number': textFault(
    'The text looks like a card number',
    'No card number is stored or logged here: send the payment provider’s token, or name the card in another way.',
  ),
  'duplicate-key': {
    status: 422,
    title: 'An object names a key twice',
    explanation: 'Which of the two values was meant is a guess, so the body is refused. The pointer names the key.',
  },
  'body-too-deep': {
    status: 422,
    title: 'The body is nested too deeply',
    explanation: 'A body may nest objects and arrays 20 levels deep.',
  },
  'too-many-values': {
    status: 422,
    title: 'The body holds too many values',
    explanation: 'A body may hold 5,000 commas between values: several times the largest order.',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not JSON',
    explanation: 'The body must be one JSON value (RFC 8259) in well-formed UTF-8, without a byte order mark.',
  },
  'body-incomplete': {
    status: 400,
    title: 'The body is not complete',
    explanation: 'The connection ended before all of the body had come. Nothing was done: send the request again.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is of a type that is not understood',
    explanation: 'Send `Content-Type: application/json`, with no charset or with UTF-8, and no content encoding.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The body is too large',
    explanation: 'A body may have 131,072 bytes.',
  },
  unauthenticated: {
    status: 401,
    title: 'Who calls is not proved',
    explanation:
      'Send the header `Authorization: Bearer <token>` with a token of the issuer that is trusted here. The detail says what ' +
      'is wrong with the one that was sent.',
  },
  forbidden: {
    status: 403,
    title: 'The caller may not do this',
    explanation: 'The token is good, and lacks a scope that the detail names. Ask for a token that has it.',
  },
  'actor-mismatch': {
    status: 403,
    title: 'The actor is not the caller',
    explanation: 'What an operator does is recorded under their own name: send the subject of the token as `actor`.',
  },
  'not-found': {
    status: 404,
    title: 'There is no such thing',
    explanation: 'The path leads nowhere, or the thing does not exist or is not yours: the answer does not say which.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The method does not apply here',
    explanation: 'The header `Allow` lists the methods of this path.',
  },
  'idempotency-key-missing': {
    status: 400,
    title: 'The header Idempotency-Key is missing',
    explanation: 'Send a fresh key, a UUID for example, with each new intent, and the same key when repeating it.',
  },
  'idempotency-key-invalid': {
    status: 400,
    title: 'The header Idempotency-Key cannot be used',
    explanation: 'A key has 1 to 255 printable ASCII characters.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The idempotency key belongs to another request',
    explanation: 'The key was used before with other contents. Repeat the first request as it was, or use a fresh key.',
  },
  'request-in-progress': {
    status: 409,
    title: 'The same request is still being worked on',
    explanation: 'A request with this idempotency key has not been answered yet. Repeat it after `Retry-After`.',
    retryAfterSeconds: 1,
  },
  'rate-limited': {
    status: 429,
    title: 'There are too many requests from this caller',
    explanation:
      'Nothing was done. Repeat the request after `Retry-After`; `RateLimit` says how many are left until then.',
    retryAfterSeconds: 1,
  },
  'not-ready': {
    status: 503,
    title: 'The service is starting or stopping',
    explanation: 'Nothing was done. Repeat the request after `Retry-After`.',
    retryAfterSeconds: 1,
  },
  overloaded: {
    status: 503,
    title: 'The service has more work than it can take',
    explanation: 'Nothing was done. Repeat the request with the same idempotency key after `Retry-After`.',
    retryAfterSeconds: 1,
  },
  unavailable: {
    status: 503,
    title: 'What the service depends on does not answer',
    explanation:
      'Whether anything was done is unknown. Repeat the request with the same idempotency key after `Retry-After`.',
    retryAfterSeconds: 1,
  },
  internal: {
    status: 500,
    title: 'The service failed',
    explanation: 'A defect. Repeat the request with the same idempotency key; report the `requestId` if it stays.',
  },
} as const satisfies ErrorCodes;

/** @throws Error when two catalogues explain one code differently, or a code is not kebab-case. */
export function mergeErrorCodes(catalogues: readonly ErrorCodes[]): ErrorCodes {
  const merged: Record<string, ErrorEntry> = {};
  for (const [code, entry] of catalogues.flatMap((catalogue) => Object.entries(catalogue))) {
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(code)) throw new Error(`error code ${code} is not kebab-case`);
    const known = merged[code];
    if (known !== undefined && (known.status !== entry.status || known.explanation !== entry.explanation)) {
      throw new Error(`error code ${code} is explained twice, differently`);
    }
    merged[code] = entry;
  }
  return merged;
}
