import { z } from '@hono/zod-openapi';
import { domainError } from '@checkout/kernel';
import type { ApiApp } from './api-app.ts';
import { defineRoute } from './define-route.ts';
import { cursorParameter, encodeCursor, flagParameter, integerParameter, orderIdParameter } from './parameters.ts';
import { problem } from './problem.ts';
import type { DeadLetterOperations, DeadLetterPage, ServiceModule } from './service-module.ts';

const DeadLetterSchema = z
  .object({
    service: z.string(),
    group: z.string(),
    orderId: z.string().nullable(),
    seq: z.int(),
    topic: z.string(),
    messageId: z.string(),
    type: z.string(),
    reason: z.string(),
    detail: z.string(),
    state: z.enum(['parked', 'held', 'redriving']),
    parkedAt: z.string(),
  })
  .openapi('DeadLetter');

/** Where a merged list goes on: in which service, and there after what. */
const cursorSchema = (services: readonly string[]) =>
  z.strictObject({
    service: z.string().refine((name) => services.includes(name)),
    after: z
      .string()
      .regex(/^\d{1,15}$/)
      .nullable(),
  });
type Cursor = z.infer<ReturnType<typeof cursorSchema>>;

const listDeadLetters = (services: readonly string[]) =>
  defineRoute({
    method: 'get',
    path: '/v1/dead-letters',
    operationId: 'listDeadLetters',
    tags: ['operations'],
    summary: 'List the messages that could not be handled',
    access: 'ops',
    description: 'Service by service, the oldest first. A parked message holds the later messages of its order.',
    query: z.strictObject({
      limit: integerParameter({ min: 1, max: 100, default: 50 }),
      cursor: cursorParameter(cursorSchema(services)),
    }),
    responses: {
      200: {
        description: 'A page; `nextCursor` is null on the last one.',
        schema: z.object({ items: z.array(DeadLetterSchema), nextCursor: z.string().nullable() }),
      },
    },
    problems: [],
  });

const redriveDeadLetters = defineRoute({
  method: 'post',
  path: '/v1/dead-letters/{orderId}/redrive',
  operationId: 'redriveDeadLetters',
  tags: ['operations'],
  summary: 'Handle the dead letters of an order again',
  access: 'ops',
  description: 'In their order, by the handlers that refused them. With `dryRun` nothing happens but the answer.',
  params: z.object({ orderId: orderIdParameter }),
  query: z.strictObject({ dryRun: flagParameter() }),
  responses: {
    200: {
      description: 'The messages that are, or would be, handled again.',
      schema: z.object({ dryRun: z.boolean(), items: z.array(DeadLetterSchema) }),
    },
  },
  problems: [],
});

/** The dead letters of all services as one list. */
export function mountDeadLetters(app: ApiApp, services: readonly ServiceModule[]): void {
  const sources = services.flatMap(({ name, deadLetters }) =>
    deadLetters === undefined ? [] : [{ name, deadLetters }],
  );

  app.openapi(listDeadLetters(sources.map(({ name }) => name)), async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const { items, nextCursor } = await listFrom(sources, limit, cursor);
    return c.json({ items: [...items], nextCursor }, 200);
  });

  app.openapi(redriveDeadLetters, async (c) => {
    const { orderId } = c.req.valid('param');
    const { dryRun } = c.req.valid('query');
    const redriven = await Promise.all(sources.map(({ deadLetters }) => deadLetters.redrive(orderId, { dryRun })));
    const found = redriven.filter((result) => result !== null);
    if (found.length === 0) return problem(c, domainError('not-found', 'the order has no dead letters'));
    return c.json({ dryRun, items: found.flatMap(({ items }) => items) }, 200);
  });
}

type Source = { readonly name: string; readonly deadLetters: DeadLetterOperations };

/** Fills a page from the service that the cursor names, then from those behind it. */
async function listFrom(
  sources: readonly Source[],
  limit: number,
  cursor: Cursor | undefined,
): Promise<DeadLetterPage> {
  const start = cursor === undefined ? 0 : sources.findIndex(({ name }) => name === cursor.service);
  const items: DeadLetterPage['items'][number][] = [];
  let after = cursor?.after ?? null;
  for (const { name, deadLetters } of sources.slice(Math.max(0, start))) {
    if (items.length === limit) return { items, nextCursor: encodeCursor({ service: name, after } satisfies Cursor) };
    const page = await deadLetters.list({ limit: limit - items.length, cursor: after });
    items.push(...page.items);
    if (page.nextCursor !== null) {
      return { items, nextCursor: encodeCursor({ service: name, after: page.nextCursor } satisfies Cursor) };
    }
    after = null;
  }
  return { items, nextCursor: null };
}
