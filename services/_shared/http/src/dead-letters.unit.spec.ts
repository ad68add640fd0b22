import { describe, expect, test } from 'vitest';
import { encodeCursor } from './parameters.ts';
import type { DeadLetterView, ServiceModule } from './service-module.ts';
import { createTestApp, send, stubService } from './testing/test-app.ts';

const orderId = '0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01';

function letter(service: string, seq: number): DeadLetterView {
  return {
    service,
    group: service,
    orderId,
    seq,
    topic: 'checkout.order.events',
    messageId: `order/0/1/${seq}/0`,
    type: 'OrderCreated',
    reason: 'failed-three-times',
    detail: 'it failed',
    state: 'parked',
    parkedAt: '2026-01-01T00:00:00.000Z',
  };
}

/** A service with `count` dead letters, whose cursor is the last seq. */
function serviceWith(name: string, count: number): ServiceModule {
  const letters = Array.from({ length: count }, (_, index) => letter(name, index + 1));
  return stubService({
    name,
    deadLetters: {
      async list({ limit, cursor }) {
        const after = letters.filter(({ seq }) => seq > Number(cursor ?? 0));
        const items = after.slice(0, limit);
        return { items, nextCursor: after.length > limit ? String(items.at(-1)?.seq) : null };
      },
      redrive: async () => (count === 0 ? null : { items: letters }),
    },
  });
}

type Page = { items: DeadLetterView[]; nextCursor: string | null };

describe('GET /v1/dead-letters', () => {
  test.each([1, 2, 3, 5, 100])('lists those of all services once, in pages of %i', async (limit) => {
    const app = createTestApp([
      serviceWith('order', 3),
      stubService(),
      serviceWith('payment', 0),
      serviceWith('shipping', 4),
    ]);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { status, body } = await send(app, 'GET', `/v1/dead-letters?limit=${limit}${query}`);
      expect(status).toBe(200);
      const page = body as Page;
      expect(page.items.length).toBeLessThanOrEqual(limit);
      seen.push(...page.items.map((item) => `${item.service}-${item.seq}`));
      cursor = page.nextCursor;
    } while (cursor !== null);

    expect(seen).toEqual(['order-1', 'order-2', 'order-3', 'shipping-1', 'shipping-2', 'shipping-3', 'shipping-4']);
  });

  test.each([
    'abc',
    encodeCursor({ service: 'nobody', after: null }),
    encodeCursor({ service: 'stub', after: null }),
    encodeCursor({ service: 'order', after: 'x' }),
    encodeCursor({ service: 'order', after: '-1' }),
  ])('refuses a cursor that it did not give: %s', async (cursor) => {
    const app = createTestApp([stubService(), serviceWith('order', 3)]);
    const answer = await send(app, 'GET', `/v1/dead-letters?cursor=${cursor}`);

    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: 'query.cursor' }] } });
  });
});

describe('POST /v1/dead-letters/{orderId}/redrive', () => {
  test('hands the order to every service that holds it', async () => {
    const app = createTestApp([serviceWith('order', 1), serviceWith('payment', 0), serviceWith('shipping', 2)]);
    const { status, body } = await send(app, 'POST', `/v1/dead-letters/${orderId}/redrive?dryRun=true`);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      dryRun: true,
      items: [{ service: 'order' }, { service: 'shipping' }, { service: 'shipping' }],
    });
  });

  test('answers 404 for an order without dead letters', async () => {
    const answer = await send(createTestApp([serviceWith('order', 0)]), 'POST', `/v1/dead-letters/${orderId}/redrive`);

    expect(answer).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });
});
