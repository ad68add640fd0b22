import { isUtf8 } from 'node:buffer';
import { assertNever, type DomainError, domainError, err, ok, type Result } from '@checkout/kernel';
import type { MiddlewareHandler } from 'hono';
import type { ApiContext, ApiEnv } from './api-app.ts';
import { type JsonViolation, scanJson } from './json-scanner.ts';
import { problem } from './problem.ts';

/** Counted on the bytes read, whatever the headers say. */
export const maxBodyBytes = 131_072;
export const maxBodyDepth = 20;
/** Several times the largest order. What a schema has to say about a value costs a thousand times the value's own bytes. */
const maxBodyCommas = 5_000;

/**
 * No parameter but UTF-8: `charset=utf-16` would be decoded as something that the sender did not write. No space before the
 * semicolon: the validator behind this takes such a type for another one, and would let the body pass unseen.
 */
const jsonMediaType = /^application\/json(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i;

/**
 * Reads and checks the body of a route that takes JSON, before the schema sees it: media type, size, UTF-8, depth,
 * duplicate and forbidden keys. Syntax errors are left to the one `JSON.parse` of the validator behind it.
 */
export const readJsonBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const text = await readText(c);
  if (!text.ok) return problem(c, text.error, headersOf(c, text.error));
  const refusal = refusalOf(text.value);
  if (refusal !== undefined) return problem(c, refusal);
  // The body is used up: the validator, and whoever checks a signature, get what was read.
  c.req.text = async () => text.value;
  c.req.json = async () => JSON.parse(text.value);
  return next();
};

/** As `readJsonBody`, for a route that takes a request without a body as one with an empty object. */
export const readJsonBodyIfAny: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (hasBody(c)) return readJsonBody(c, next);
  c.req.json = async () => JSON.parse('{}');
  return next();
};

/** By the bytes and not by the type: some clients name a type whether they send anything or not. */
function hasBody(c: ApiContext): boolean {
  if (c.req.header('transfer-encoding') !== undefined) return true;
  const declared = c.req.header('content-length');
  if (declared !== undefined) return Number(declared) !== 0;
  // Without either there are no bytes on a connection. A request in memory has no connection and tells by itself.
  const env: ApiContext['env'] | undefined = c.env;
  return env?.incoming === undefined && c.req.raw.body !== null;
}

/** Reading chunks stops in the middle, and so does the connection: a client must not send its next request on it. */
function headersOf(c: ApiContext, { code }: DomainError): Readonly<Record<string, string>> {
  return code === 'payload-too-large' && c.req.header('content-length') === undefined ? { Connection: 'close' } : {};
}

async function readText(c: ApiContext): Promise<Result<string, DomainError>> {
  const isJson = jsonMediaType.test(c.req.header('content-type') ?? '');
  if (!isJson || (c.req.header('content-encoding') ?? 'identity') !== 'identity') {
    return err(domainError('unsupported-media-type', 'the body must be application/json in UTF-8'));
  }
  const bytes = await readBounded(c).catch((error: unknown) => cutOff(c, error));
  if (bytes === 'cut-off') return err(domainError('body-incomplete', 'the body ended before it was complete'));
  if (bytes === undefined) {
    return err(domainError('payload-too-large', `the body has more than ${maxBodyBytes} bytes`));
  }
  return isUtf8(bytes)
    ? ok(bytes.toString('utf8'))
    : err(domainError('malformed-json', 'the body is not well-formed UTF-8'));
}

/** A client that went away in the middle is no failure of ours. */
function cutOff(c: ApiContext, error: unknown): 'cut-off' {
  // Hono leaves the bindings undefined in memory, whatever the type says.
  const env: ApiContext['env'] | undefined = c.env;
  if (env?.incoming?.complete !== false) throw error;
  return 'cut-off';
}

/** `undefined` beyond the limit. */
async function readBounded(c: ApiContext): Promise<Buffer | undefined> {
  const declared = c.req.header('content-length');
  if (declared === undefined || c.req.header('transfer-encoding') !== undefined) return readStream(c.req.raw.body);
  if (Number(declared) > maxBodyBytes) return undefined;
  // The HTTP parser holds the body to the length that was declared, and this way around the stream is the fast one.
  const bytes = Buffer.from(await c.req.raw.arrayBuffer());
  return bytes.length > maxBodyBytes ? undefined : bytes;
}

async function readStream(body: ReadableStream<Uint8Array> | null): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  for await (const chunk of body ?? []) {
    receivedBytes += chunk.length;
    if (receivedBytes > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refusalOf(text: string): DomainError | undefined {
  const scanned = scanJson(text, { maxDepth: maxBodyDepth, maxCommas: maxBodyCommas });
  switch (scanned.kind) {
    case 'accepted':
      return undefined;
    case 'malformed':
      return domainError('malformed-json', 'the body is not valid JSON');
    case 'violated':
      return violationError(scanned.violation);
    default:
      return assertNever(scanned);
  }
}

function violationError({ kind, pointer }: JsonViolation): DomainError {
  switch (kind) {
    case 'too-deep':
      return domainError('body-too-deep', `the body is nested more than ${maxBodyDepth} levels deep`);
    case 'too-many-values':
      return domainError('too-many-values', `the body holds more than ${maxBodyCommas} commas between values`);
    case 'duplicate-key': {
      const fault = { pointer, code: 'duplicate-key', detail: 'the object names this key twice' };
      return domainError('duplicate-key', 'an object of the body names a key twice', [fault]);
    }
    case 'proto-key': {
      const fault = { pointer, code: 'unknown-field', detail: 'this field is not known here' };
      return domainError('validation-failed', '1 rule is broken', [fault]);
    }
    default:
      return assertNever(kind);
  }
}
