import { createHash } from 'node:crypto';
import type { CauseId } from './ids.ts';

/** SHA-256 of a text's UTF-8 bytes as 64 lower-case hex digits. Synchronous and pure. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/**
 * The cause of work that no message asked for: a request's idempotency key, a webhook's id, a timer. The parts are framed
 * as JSON, so that ("a", "bc") and ("ab", "c") stay different; 128 bits of SHA-256 are kept.
 */
export function causeOf(...parts: readonly (string | number)[]): CauseId {
  return sha256Hex(JSON.stringify(parts)).slice(0, 32) as CauseId;
}

/**
 * JSON with the keys of every object in one fixed order (integers by value, then code units): equal values give equal
 * texts. Takes JSON values only.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
