import { domainError } from '@checkout/kernel';
import type { MiddlewareHandler } from 'hono';
import { type ApiContext, type ApiEnv, requestOf } from './api-app.ts';
import { problem } from './problem.ts';
import type { RateLimiter, RateVerdict } from './rate-limiter.ts';

/** Refuses what a caller asks beyond its rate, before anything else is done for it. Every answer says what is left. */
export function limitRate(limiter: RateLimiter): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const verdict = await limiter.take(callerOf(c));
    if (!verdict.allowed) {
      return problem(c, domainError('rate-limited', `at most ${verdict.limit} requests a second`), {
        ...rateHeaders(verdict),
        'Retry-After': String(secondsUntil(verdict.resetMs)),
      });
    }
    await next();
    for (const [name, value] of Object.entries(rateHeaders(verdict))) c.res.headers.set(name, value);
    return undefined;
  };
}

/** As the IETF's draft of these headers has them. */
function rateHeaders({ limit, remaining, resetMs }: RateVerdict) {
  return {
    'RateLimit-Policy': `"caller";q=${limit};w=1`,
    RateLimit: `"caller";r=${remaining};t=${secondsUntil(resetMs)}`,
  };
}

/** Rounded up: whoever comes back then finds the window over. */
function secondsUntil(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}

/** Who proved to be somebody is that; everybody else is where they come from. */
function callerOf(c: ApiContext): string {
  const { subject } = requestOf(c).caller;
  if (subject !== undefined) return `subject ${subject}`;
  // Without a server around the app, as in tests, there are no bindings at all.
  const bindings = c.env as ApiEnv['Bindings'] | undefined;
  return `peer ${networkOf(bindings?.incoming?.socket.remoteAddress ?? 'unknown')}`;
}

const groupsPerNetwork = 4;

/** An IPv4 address as it is; of an IPv6 address the first 64 bits: who has one address there has 2^64. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1);
  const [head = ''] = address.split('::');
  const known = head === '' ? [] : head.split(':');
  const groups = [...known, '0', '0', '0', '0'].slice(0, groupsPerNetwork);
  return `${groups.join(':')}::/64`;
}
