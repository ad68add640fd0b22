import { type ApiApp, defineRoute } from '@checkout/http';
import { z } from '@hono/zod-openapi';
import type { FaultPanel } from '../../../application/fault-panel.ts';
import { tag } from './schemas.ts';

const maxLatencyMs = 60_000;
const maxLateLandingMs = 86_400_000;

const rate = z.number().min(0).max(1);
const provider = {
  timeoutRate: rate,
  lostRate: rate,
  errorRate: rate,
  rateLimitRate: rate,
  latencyMs: z.int().min(0).max(maxLatencyMs),
  lateLandingMs: z.int().min(0).max(maxLateLandingMs),
  down: z.boolean(),
};
const notifying = {
  ...provider,
  webhookRate: rate,
  duplicateWebhookRate: rate,
  webhookDelayMs: z.int().min(0).max(maxLateLandingMs),
};

const Psp = z.strictObject({ ...notifying, voidFails: z.boolean(), wrongAmountRate: rate });
const Carrier = z.strictObject(notifying);
const Bureau = z.strictObject(provider);

const FaultsSchema = z.strictObject({ psp: Psp, carrier: Carrier, bureau: Bureau }).openapi('SandboxFaults');
const ChangeSchema = z.strictObject({
  psp: Psp.partial().optional(),
  carrier: Carrier.partial().optional(),
  bureau: Bureau.partial().optional(),
});

const common = {
  tags: [tag],
  access: 'public' as const,
  responses: { 200: { description: 'The whole setting.', schema: FaultsSchema } },
};

const show = (path: string) =>
  defineRoute({ ...common, method: 'get', path, operationId: 'showFaults', summary: 'Show the faults', problems: [] });

const change = (path: string) =>
  defineRoute({
    ...common,
    method: 'put',
    path,
    operationId: 'changeFaults',
    summary: 'Switch faults on and off',
    description:
      'Changes what is named and leaves the rest. `timeoutRate`: no answer, takes effect after `lateLandingMs`, a repeated ' +
      'key is answered from then on; queries just hang. `lostRate`: no answer, and it never happened. `errorRate`: 500 before ' +
      'anything happens. `rateLimitRate`: 429. ' +
      '`webhookDelayMs`: each webhook sets out up to that late, so that later ones overtake it. ' +
      '`down`: every connection is reset. `voidFails`: voids and refunds of `tok_void_fails` answer 500.',
    body: ChangeSchema,
    problems: [],
  });

const reset = (path: string) =>
  defineRoute({
    ...common,
    method: 'delete',
    path,
    operationId: 'resetFaults',
    summary: 'Reset the faults',
    problems: [],
  });

/** Never subject to the faults that they set. */
export function mountFaults(app: ApiApp, basePath: string, panel: FaultPanel): void {
  const path = `${basePath}/faults`;
  app.openapi(show(path), (c) => c.json(panel.settings(), 200));
  app.openapi(change(path), async (c) => c.json(await panel.change(given(c.req.valid('json'))), 200));
  app.openapi(reset(path), async (c) => c.json(await panel.reset(), 200));
}

/** An absent field and one that is `undefined` are the same in JSON, not to the compiler. */
function given(body: z.infer<typeof ChangeSchema>): Parameters<FaultPanel['change']>[0] {
  return JSON.parse(JSON.stringify(body));
}
