import type { Clock } from '@checkout/kernel';
import { renderMetrics } from '@checkout/runtime';
import type { ApiApp } from './api-app.ts';
import type { Access } from './scopes.ts';
import type { Readiness, ServiceModule } from './service-module.ts';

export type OperationsOptions = {
  readonly services: readonly ServiceModule[];
  readonly clock: Clock;
  readonly isDraining: () => boolean;
};

/** On a port of its own, which the public does not reach, whoever scrapes metrics needs no token. */
export function operationsAccess(port: 'shared' | 'own'): Readonly<Record<string, Access>> {
  return {
    '/healthz': 'public',
    '/readyz': 'public',
    '/metrics': port === 'own' ? 'public' : 'ops',
    '/ops/log/verify': 'ops',
  };
}

/** A check that takes longer counts as failed: the prober would not wait for it either. */
const readinessTimeoutMs = 2_000;

/** What operators and their tools ask: health, readiness, metrics and the verification of the logs. */
export function mountOperations(app: ApiApp, { services, clock, isDraining }: OperationsOptions): void {
  // Only that the event loop turns: a restart repairs nothing that lies outside of this process.
  app.get('/healthz', (c) => c.json({ status: 'ok' }));

  app.get('/readyz', async (c) => {
    const states = await Promise.all(services.map((service) => readinessOf(service, clock)));
    const ready = !isDraining() && states.every((state) => state.ready);
    return c.json({ ready, draining: isDraining(), services: states }, ready ? 200 : 503);
  });

  app.get('/metrics', async (c) => {
    const distinct = [...new Set(services.map((service) => service.metrics))];
    const { contentType, text } = await renderMetrics(distinct);
    return c.body(text, 200, { 'Content-Type': contentType });
  });

  app.get('/ops/log/verify', async (c) => {
    const verified = await Promise.all(
      services.map(async ({ name, verifyLog }) => verifyLog && { service: name, ...(await verifyLog()) }),
    );
    const found = verified.filter((verification) => verification !== undefined);
    return c.json({ ok: found.every(({ ok }) => ok), services: found });
  });
}

async function readinessOf(service: ServiceModule, clock: Clock): Promise<Readiness & { readonly service: string }> {
  const waiting = new AbortController();
  const late = clock
    .sleep(readinessTimeoutMs, waiting.signal)
    .then(() => failed(`no answer within ${readinessTimeoutMs} ms`));
  try {
    return { service: service.name, ...(await Promise.race([service.readiness(), late])) };
  } catch {
    return { service: service.name, ...failed('the check itself failed') };
  } finally {
    waiting.abort();
  }
}

function failed(detail: string): Readiness {
  return { ready: false, checks: [{ name: 'readiness', ok: false, required: true, detail }] };
}
