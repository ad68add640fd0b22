import { beginSpan } from '@checkout/telemetry';
import type { ProviderRequest } from './provider-caller.ts';
import type { ProviderOutcome, Try } from './provider-outcome.ts';

export type TracedCall = {
  /** As it is sent: it says which trace it belongs to. */
  readonly request: ProviderRequest;
  readonly tried: (result: Try) => void;
  /** @param outcome undefined when the call threw */
  readonly end: (outcome: ProviderOutcome | undefined) => void;
};

/** A call's span, with its tries as events, as long as it is recorded. */
export function traceCall(provider: string, request: ProviderRequest): TracedCall {
  const span = beginSpan(() => describeCall(provider, request));
  if (span === undefined) return { request, tried: () => {}, end: () => {} };
  return {
    request: { ...request, headers: { ...request.headers, traceparent: span.traceparent } },
    tried: (result) => span.event('try', { result: result.kind }),
    end(outcome) {
      span.set({ 'checkout.provider.outcome': outcome?.kind ?? 'none' });
      if (outcome === undefined) span.fail('threw');
      else if (outcome.kind === 'unknown' || outcome.kind === 'unavailable')
        span.fail(`${outcome.kind}: ${outcome.reason}`);
      span.end();
    },
  };
}

function describeCall(provider: string, { method, url }: ProviderRequest) {
  const { hostname, pathname } = new URL(url);
  return {
    name: `${method} ${provider}`,
    kind: 'client' as const,
    isPart: true,
    attributes: {
      'http.request.method': method,
      'server.address': hostname,
      'url.path': pathname,
      'peer.service': provider,
    },
  };
}
