import { type Clock, type DomainError, domainError, err, ok, type Result } from '@checkout/kernel';
import { verifyWebhook } from '@checkout/runtime';
import type { ApiContext } from './api-app.ts';
import type { ErrorCodes } from './error-codes.ts';

/** The headers of a signed webhook; for `headers` of `defineRoute`. */
export const webhookHeaders = {
  'Webhook-Id': { description: 'Names the webhook; a repeat has the same.', required: true },
  'Webhook-Timestamp': { description: 'When it was sent, Unix seconds.', required: true },
  'Webhook-Signature': {
    description: '`v1=` and the hex HMAC-SHA256 of `<id>.<timestamp>.<body>` with the shared secret.',
    required: true,
  },
} as const;

export const webhookErrorCodes = {
  'webhook-signature-invalid': {
    status: 401,
    title: 'The webhook is not signed by whom it should be',
    explanation: 'The headers Webhook-Id, Webhook-Timestamp or Webhook-Signature are missing or do not fit the body.',
  },
  'webhook-expired': {
    status: 401,
    title: 'The webhook was signed too long ago',
    explanation: 'Its timestamp is more than 5 minutes from now: it may be a recording. Sign it again and send it.',
  },
} as const satisfies ErrorCodes;

/** For `problems` of `defineRoute`. */
export const webhookProblems = ['webhook-signature-invalid', 'webhook-expired'] as const;

/** Whether the request is a genuine webhook. Behind the body's own checks: the route must take a JSON body. */
export async function checkWebhook(
  c: ApiContext,
  { secret, clock }: { readonly secret: string; readonly clock: Clock },
): Promise<Result<{ readonly id: string }, DomainError>> {
  const id = c.req.header('webhook-id') ?? '';
  const timestamp = c.req.header('webhook-timestamp') ?? '';
  const signature = c.req.header('webhook-signature') ?? '';
  if (id === '' || !/^\d{1,12}$/.test(timestamp)) {
    return err(domainError('webhook-signature-invalid', 'The webhook has no id or no timestamp.'));
  }
  const body = await c.req.text();
  switch (verifyWebhook(secret, { id, timestamp, body }, signature, clock.now())) {
    case 'genuine':
      return ok({ id });
    case 'expired':
      return err(domainError('webhook-expired', 'The webhook was signed more than 5 minutes from now.'));
    case 'forged':
      return err(domainError('webhook-signature-invalid', 'The signature does not fit the webhook.'));
  }
}
