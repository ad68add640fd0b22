import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a webhook's signature covers: its id, when it was sent (Unix seconds, as text) and the body as it came. */
export type SignedWebhook = { readonly id: string; readonly timestamp: string; readonly body: string };

/** A webhook sent longer ago, or from further ahead, than this is refused: it may be a recording. */
const windowSeconds = 300;

/** The value of the header `Webhook-Signature`: `v1=` and the hex HMAC-SHA256 of `<id>.<timestamp>.<body>`. */
export function signWebhook(secret: string, { id, timestamp, body }: SignedWebhook): string {
  return `v1=${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('hex')}`;
}

/**
 * Whether a webhook comes from who shares the secret, and now. Compares in constant time.
 * @param nowMs Unix milliseconds
 */
export function verifyWebhook(
  secret: string,
  webhook: SignedWebhook,
  signature: string,
  nowMs: number,
): 'genuine' | 'forged' | 'expired' {
  const expected = Buffer.from(signWebhook(secret, webhook));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'forged';
  const ageSeconds = Math.abs(nowMs / 1000 - Number(webhook.timestamp));
  return ageSeconds <= windowSeconds ? 'genuine' : 'expired';
}
