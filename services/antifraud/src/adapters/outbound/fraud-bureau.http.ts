import type { Clock } from '@checkout/kernel';
import { type ProviderCaller, readProviderOutcome } from '@checkout/runtime';
import { z } from 'zod';
import type { FraudBureau, ScoreOutcome } from '../../application/ports/fraud-bureau.port.ts';

export type HttpFraudBureauDeps = {
  /** The bureau's base URL, without a slash at its end. */
  readonly baseUrl: string;
  readonly caller: ProviderCaller;
  readonly clock: Clock;
  /** For a whole call with its retries, milliseconds. */
  readonly callTimeoutMs: number;
  /** Gives up every call, those under way too: the service stops. */
  readonly signal: AbortSignal;
};

const ScoreBody = z.object({ score: z.number(), verdict: z.enum(['approve', 'review', 'reject']) });

/** A fraud bureau behind HTTP. */
export function createHttpFraudBureau(deps: HttpFraudBureauDeps): FraudBureau {
  const { baseUrl, caller, clock, callTimeoutMs, signal } = deps;
  return {
    async score({ orderId, userId, amount, currency }) {
      const outcome = await caller.call(
        {
          method: 'POST',
          url: `${baseUrl}/scores`,
          headers: { 'content-type': 'application/json', 'idempotency-key': `${orderId}:score` },
          body: JSON.stringify({ reference: orderId, userId, amount, currency }),
        },
        { deadlineMs: clock.monotonic() + callTimeoutMs, signal },
      );
      return readProviderOutcome<ScoreOutcome>(outcome, {
        200: (json) => ({ kind: 'scored', ...ScoreBody.parse(json) }),
      });
    },
  };
}
