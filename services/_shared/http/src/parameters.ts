import { z } from '@hono/zod-openapi';
import { domainError, err, isOrderId, ok, type Result, toOrderId } from '@checkout/kernel';
import type { DomainError } from '@checkout/kernel';
import type { ApiContext } from './api-app.ts';

const maxKeyCharacters = 255;

/** The header as OpenAPI documents it; for `headers` of `defineRoute`. */
export const idempotencyKeyHeader = {
  'Idempotency-Key': {
    description: 'Names the intent, 1 to 255 printable ASCII characters: the same key gives the same answer.',
    required: true,
  },
} as const;

/** The codes that reading the key may answer; for `problems` of `defineRoute`. */
export const idempotencyKeyProblems = ['idempotency-key-missing', 'idempotency-key-invalid'] as const;

/** The request's idempotency key, or why there is none. */
export function readIdempotencyKey(c: ApiContext): Result<string, DomainError> {
  const key = c.req.header('idempotency-key');
  const pointer = 'header.Idempotency-Key';
  if (key === undefined) {
    const fault = { pointer, code: 'required', detail: 'the header is missing' };
    return err(domainError('idempotency-key-missing', 'the header Idempotency-Key is required', [fault]));
  }
  if (key.length > maxKeyCharacters || !/^[\x20-\x7e]+$/.test(key) || isSentTwice(c, key)) {
    const fault = { pointer, code: 'invalid-value', detail: 'one key of 1 to 255 printable ASCII characters' };
    return err(domainError('idempotency-key-invalid', 'the header Idempotency-Key cannot be used', [fault]));
  }
  return ok(key);
}

/** Several headers arrive as one with commas between them: which of the keys was meant would be a guess. */
function isSentTwice(c: ApiContext, key: string): boolean {
  if (!key.includes(',')) return false;
  // Hono leaves the bindings undefined in memory, whatever the type says.
  const env: ApiContext['env'] | undefined = c.env;
  return (env?.incoming?.headersDistinct['idempotency-key']?.length ?? 1) > 1;
}

/** A path or query parameter that names an order: a lower-case UUIDv7. */
export const orderIdParameter = z
  .string()
  .refine((text) => isOrderId(text), { message: 'a lower-case UUIDv7', abort: true })
  .transform((text) => toOrderId(text))
  .openapi({
    type: 'string',
    format: 'uuid',
    pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
    example: '0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01',
  });

/** A whole number in a query, in decimal digits only; `default` when it is absent. */
export function integerParameter(options: { readonly min: number; readonly max: number; readonly default: number }) {
  const { min, max } = options;
  return z
    .string()
    .optional()
    .transform((text, context) => {
      if (text === undefined) return options.default;
      const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      context.addIssue({ code: 'custom', message: `expected a whole number from ${min} to ${max}` });
      return z.NEVER;
    })
    .openapi({ type: 'integer', minimum: min, maximum: max, default: options.default });
}

/** `true` or `false` in a query; `false` when it is absent. */
export function flagParameter() {
  return z
    .enum(['true', 'false'])
    .optional()
    .transform((text) => text === 'true')
    .openapi({ type: 'boolean', default: false });
}

const maxCursorCharacters = 512;

/** Packs where a list goes on. Opaque to clients, not a secret. */
export function encodeCursor(position: unknown): string {
  return Buffer.from(JSON.stringify(position), 'utf8').toString('base64url');
}

/** A query parameter that takes what `encodeCursor` gave; anything else answers 422. */
export function cursorParameter<Position>(schema: z.ZodType<Position>) {
  return z
    .string()
    .max(maxCursorCharacters)
    .optional()
    .transform((text, context): Position | undefined => {
      if (text === undefined) return undefined;
      const decoded = schema.safeParse(decodeCursor(text));
      if (decoded.success) return decoded.data;
      context.addIssue({ code: 'custom', message: 'expected the nextCursor of an earlier page' });
      return z.NEVER;
    })
    .openapi({ type: 'string', maxLength: maxCursorCharacters });
}

function decodeCursor(text: string): unknown {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
