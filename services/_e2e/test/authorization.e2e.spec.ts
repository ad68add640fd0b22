import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Order, placement, sentTo } from './client.ts';
import { testInvariants } from './invariants.ts';
import { type Platform, platformStartMs, startPlatform } from './platform.ts';

/** What each role's token allows. `nobody` has none. */
const roles = {
  nobody: undefined,
  guest: [],
  reader: ['orders:read'],
  writer: ['orders:write'],
  customer: ['orders:read', 'orders:write'],
  cart: ['orders:read', 'orders:write', 'orders:place-for'],
  operator: ['ops'],
  supervisor: ['ops', 'orders:read', 'orders:write'],
} as const;
type Role = keyof typeof roles;

/** Every role but the operators is this user; `ours` are their orders, `theirs` somebody else's. */
const ada = 'ada';
const bob = 'bob';

let platform: Platform;
const tokens = new Map<string, string>();
const acknowledged: { readonly userId: string; readonly key: string; readonly orderId: string }[] = [];
let ours: { readonly placed: Order; readonly stuck: Order };
let theirs: { readonly placed: Order };

async function tokenOf(role: Role, subject: string): Promise<string | undefined> {
  const scopes = roles[role];
  if (scopes === undefined) return undefined;
  const name = `${role} ${subject}`;
  const known = tokens.get(name);
  if (known !== undefined) return known;
  const { body } = await platform.client.send<{ token: string }>('POST', '/sandbox/tokens', { subject, scopes });
  tokens.set(name, body.token);
  return body.token;
}

type Asked = {
  readonly subject?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

async function ask<Body>(role: Role, operation: string, { subject = ada, body, headers = {} }: Asked = {}) {
  const [method = '', path = ''] = operation.split(' ');
  const token = await tokenOf(role, subject);
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return platform.client.send<Body & { readonly code?: string; readonly detail?: string }>(method, path, body, {
    ...authorization,
    ...headers,
  });
}

async function place(userId: string, change: object = {}, key: string = crypto.randomUUID()): Promise<Order> {
  const body = { ...placement, userId, ...change };
  const answer = await ask<Order>('cart', 'POST /v1/orders', { body, headers: { 'idempotency-key': key } });
  if (answer.status !== 201) throw new Error(`not accepted: ${JSON.stringify(answer.body)}`);
  acknowledged.push({ userId, key, orderId: answer.body.id });
  return answer.body;
}

const get = (path: string) => ask<unknown>('supervisor', `GET ${path}`);

beforeAll(async () => {
  platform = await startPlatform({ AUTH: 'jwt' });
  // A user for each order, because each acknowledged user has to have one order in the end; `ada` and `bob` have one each.
  ours = {
    placed: await place(ada),
    stuck: await place('stuck', { paymentToken: 'tok_void_fails', ...sentTo('00000') }),
  };
  theirs = { placed: await place(bob) };
  await platform.client.until(
    'the saga to need an operator',
    async () => (await ask<{ state: string }>('operator', `GET /v1/sagas/${ours.stuck.id}`)).body.state,
    (state) => state === 'NEEDS_OPERATOR',
  );
}, platformStartMs);

afterAll(() => platform.stop());

const everyRole = Object.keys(roles) as Role[];
const fill = (operation: string) =>
  operation
    .replace('{ours}', ours.placed.id)
    .replace('{theirs}', theirs.placed.id)
    .replace('{stuck}', ours.stuck.id)
    .replace('{never}', '0196f3a2-7c11-7d34-9b1e-5a0c2f6d8e01');

/** One row for each operation and whose order it is about: what each role is answered. */
const matrix: readonly (readonly [string, Readonly<Record<Role, number>>])[] = [
  ['GET /v1/orders/{ours}', row(401, 403, 200, 403, 200, 200, 403, 200)],
  ['GET /v1/orders/{theirs}', row(401, 403, 404, 403, 404, 404, 403, 200)],
  ['GET /v1/orders/{never}', row(401, 403, 404, 403, 404, 404, 403, 404)],
  ['GET /v1/orders/{ours}/events', row(401, 403, 200, 403, 200, 200, 403, 200)],
  ['GET /v1/orders/{theirs}/events', row(401, 403, 404, 403, 404, 404, 403, 200)],
  ['GET /v1/orders', row(401, 403, 200, 403, 200, 200, 403, 200)],
  ['GET /v1/orders?userId=ada', row(401, 403, 200, 403, 200, 200, 403, 200)],
  ['GET /v1/orders?userId=bob', row(401, 403, 403, 403, 403, 403, 403, 200)],
  ['GET /v1/orders?userId=nobody-has-this-id', row(401, 403, 403, 403, 403, 403, 403, 200)],
  ['POST /v1/orders/{theirs}/cancel', row(401, 403, 403, 404, 404, 404, 403, 409)],
  ['POST /v1/orders/{never}/cancel', row(401, 403, 403, 404, 404, 404, 403, 404)],
  ['POST /v1/orders/{ours}/cancel', row(401, 403, 403, 409, 409, 409, 403, 409)],
  ['GET /v1/sagas', row(401, 403, 403, 403, 403, 403, 200, 200)],
  ['GET /v1/sagas/{ours}', row(401, 403, 403, 403, 403, 403, 200, 200)],
  ['GET /v1/reviews', row(401, 403, 403, 403, 403, 403, 200, 200)],
  // It is approved: repeating that changes nothing, turning it round is refused.
  ['POST /v1/reviews/{ours}/approve', row(401, 403, 403, 403, 403, 403, 200, 200)],
  ['POST /v1/reviews/{ours}/reject', row(401, 403, 403, 403, 403, 403, 409, 409)],
  ['GET /v1/reviews/{ours}', row(401, 403, 403, 403, 403, 403, 200, 200)],
  ['GET /v1/payments/{ours}', row(401, 403, 403, 403, 403, 403, 200, 200)],
  ['GET /v1/reconciliation', row(401, 403, 403, 403, 403, 403, 200, 200)],
  ['GET /v1/shipments/{ours}', row(401, 403, 403, 403, 403, 403, 200, 200)],
  ['GET /v1/dead-letters', row(401, 403, 403, 403, 403, 403, 200, 200)],
  ['POST /v1/dead-letters/{ours}/redrive', row(401, 403, 403, 403, 403, 403, 404, 404)],
  ['GET /ops/log/verify', row(401, 403, 403, 403, 403, 403, 200, 200)],
  ['GET /healthz', row(200, 200, 200, 200, 200, 200, 200, 200)],
  ['GET /readyz', row(200, 200, 200, 200, 200, 200, 200, 200)],
  ['GET /openapi.json', row(200, 200, 200, 200, 200, 200, 200, 200)],
  ['GET /sandbox/ledger', row(200, 200, 200, 200, 200, 200, 200, 200)],
  ['POST /v1/webhooks/psp', row(415, 415, 415, 415, 415, 415, 415, 415)],
];

function row(...statuses: readonly number[]): Readonly<Record<Role, number>> {
  return Object.fromEntries(everyRole.map((role, index) => [role, statuses[index]])) as Record<Role, number>;
}

describe('who may do what', () => {
  beforeAll(async () => {
    await platform.client.until(
      'the orders to be delivered',
      async () => [
        (await get(`/v1/orders/${ours.placed.id}`)).body,
        (await get(`/v1/orders/${theirs.placed.id}`)).body,
      ],
      (orders) => orders.every((order) => (order as Order).status === 'COMPLETED'),
    );
  });

  test.each(matrix)('%s', async (operation, expected) => {
    const answered = await Promise.all(
      everyRole.map(async (role) => [role, (await ask(role, fill(operation))).status] as const),
    );

    expect(Object.fromEntries(answered)).toEqual(expected);
  });

  test('metrics are for operators', async () => {
    const metrics = { method: 'GET', address: `${platform.client.addresses.all[0]}/metrics` };
    const asked = async (role: Role) => statusOf(metrics, `Bearer ${await tokenOf(role, ada)}`);

    expect(await statusOf(metrics)).toBe(401);
    expect(await asked('cart')).toBe(403);
    expect(await asked('operator')).toBe(200);
  });
});

describe('an order of somebody else', () => {
  test('cannot be told from one that does not exist', async () => {
    for (const operation of ['GET /v1/orders/{}', 'GET /v1/orders/{}/events', 'POST /v1/orders/{}/cancel']) {
      const [theirOrder, never] = await Promise.all(
        [fill('{theirs}'), fill('{never}')].map(async (id) => {
          const { status, headers, body } = await ask<Record<string, unknown>>('customer', operation.replace('{}', id));
          const { requestId: _id, instance: _path, ...same } = body;
          return { status, etag: headers.get('etag'), type: headers.get('content-type'), same };
        }),
      );

      expect(theirOrder).toEqual(never);
    }
  });

  test('has no stream, and is not what a client remembers', async () => {
    const stream = { headers: { accept: 'text/event-stream' } };
    const { headers } = await get(`/v1/orders/${theirs.placed.id}`);
    const remembered = { headers: { 'if-none-match': headers.get('etag') ?? '' } };

    expect(await ask('customer', fill('GET /v1/orders/{theirs}/events'), stream)).toMatchObject({ status: 404 });
    expect(await ask('customer', fill('GET /v1/orders/{theirs}'), remembered)).toMatchObject({ status: 404 });
    expect(await ask('reader', fill('GET /v1/orders/{theirs}'), { subject: bob })).toMatchObject({ status: 200 });
  });

  test('is on no list but an operator’s', async () => {
    const idsOf = async (role: Role, query = '') =>
      (await ask<{ items: Order[] }>(role, `GET /v1/orders${query}`)).body.items.map(({ id }) => id);

    expect(await idsOf('customer')).toEqual([ours.placed.id]);
    expect(await idsOf('customer', '?userId=ada')).toEqual([ours.placed.id]);
    expect((await idsOf('supervisor')).toSorted()).toEqual(acknowledged.map(({ orderId }) => orderId).toSorted());
    expect(await idsOf('supervisor', '?userId=bob')).toEqual([theirs.placed.id]);
  });
});

describe('placing an order', () => {
  const attempt = (role: Role, userId: string) =>
    ask(role, 'POST /v1/orders', {
      body: { ...placement, userId },
      headers: { 'idempotency-key': crypto.randomUUID() },
    });

  test.each(['nobody', 'guest', 'reader', 'writer', 'customer', 'operator', 'supervisor'] as const)(
    'at prices of one’s own, for oneself or another, is not for the %s',
    async (role) => {
      for (const userId of [ada, bob]) {
        const { status, body } = await attempt(role, userId);

        expect(status).toBe(role === 'nobody' ? 401 : 403);
        if (role !== 'nobody') expect(body.detail).toContain('orders:place-for');
      }
    },
  );

  test('takes idempotency keys as the subject’s own', async () => {
    const key = crypto.randomUUID();
    const first = await place('key-of-ada', {}, key);
    const asked = (subject: string, userId: string) =>
      ask<Order>('cart', 'POST /v1/orders', {
        subject,
        body: { ...placement, userId },
        headers: { 'idempotency-key': key },
      });
    const again = await asked(ada, 'key-of-ada');
    const others = await asked(bob, 'key-of-bob');
    acknowledged.push({ userId: 'key-of-bob', key: `${key} of bob`, orderId: others.body.id });

    expect(again).toMatchObject({ status: 201, body: { id: first.id } });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(others.status).toBe(201);
    expect(others.headers.has('idempotent-replayed')).toBe(false);
    expect(others.body.id).not.toBe(first.id);
  });
});

describe('what an operator settles', () => {
  const note = (actor: string) => ({ actor, reason: 'The provider is back.' });

  test('is recorded under their own name or not at all', async () => {
    const retry = (actor: string) => ask('operator', fill('POST /v1/sagas/{stuck}/retry'), { body: note(actor) });
    const resolve = await ask('operator', fill('POST /v1/sagas/{stuck}/resolve'), {
      body: { ...note('eve'), action: 'mark-undone' },
    });

    expect(await retry('eve')).toMatchObject({ status: 403, body: { code: 'actor-mismatch' } });
    expect(resolve).toMatchObject({ status: 403, body: { code: 'actor-mismatch' } });
    await platform.client.heal();
    await platform.client.faults({ psp: { voidFails: false } });
    expect((await retry(ada)).status).toBeLessThan(300);
  });

  test('is recorded under their own name when it is a review', async () => {
    const { id } = await place('review-1');
    await platform.client.until(
      'the order to wait for a person',
      async () => (await ask<{ state: string }>('operator', `GET /v1/sagas/${id}`)).body.state,
      (state) => state === 'WAITING_REVIEW',
    );
    const approve = (body?: unknown) => ask('operator', `POST /v1/reviews/${id}/approve`, { subject: 'olga', body });

    expect(await approve({ actor: 'eve' })).toMatchObject({ status: 403, body: { code: 'actor-mismatch' } });
    expect(await approve()).toMatchObject({ status: 200, body: { status: 'CLEARED', decidedBy: 'olga' } });
    expect((await get(`/v1/reviews/${id}`)).body).toMatchObject({ decidedBy: 'olga' });
  });

  test('is not for others, whatever they call themselves', async () => {
    const body = note(ada);

    expect(await ask('supervisor', fill('POST /v1/sagas/{ours}/retry'), { body })).toMatchObject({ status: 409 });
    expect(await ask('cart', fill('POST /v1/sagas/{stuck}/retry'), { body })).toMatchObject({ status: 403 });
    expect(await ask('nobody', fill('POST /v1/sagas/{stuck}/retry'), { body })).toMatchObject({ status: 401 });
  });
});

describe('cancelling an order that is still open', () => {
  const open = async (userId: string) => {
    const { id } = await place(userId);
    await platform.client.until(
      'the order to wait for a person',
      async () => (await ask<{ state: string }>('operator', `GET /v1/sagas/${id}`)).body.state,
      (state) => state === 'WAITING_REVIEW',
    );
    return id;
  };

  test('is for its owner, and changes nothing when others try', async () => {
    const id = await open('review-owner');
    expect(await ask('cart', `POST /v1/orders/${id}/cancel`)).toMatchObject({ status: 404 });
    expect((await get(`/v1/orders/${id}`)).body).toMatchObject({ cancellation: 'none' });

    expect(await ask('writer', `POST /v1/orders/${id}/cancel`, { subject: 'review-owner' })).toMatchObject({
      status: 202,
    });
  });

  test('tells nothing to others, not even under the request id of its owner’s cancellation', async () => {
    const id = await open('review-request-id');
    const headers = { 'x-request-id': crypto.randomUUID() };
    const cancel = (subject: string, orderId: string) =>
      ask('writer', `POST /v1/orders/${orderId}/cancel`, { subject, headers });
    expect(await cancel('review-request-id', id)).toMatchObject({ status: 202 });
    const [theirOrder, never] = [await cancel(bob, id), await cancel(bob, fill('{never}'))];

    expect(theirOrder).toMatchObject({ status: 404, body: { code: 'order-not-found' } });
    expect({ ...theirOrder.body, instance: '' }).toEqual({ ...never.body, instance: '' });
  });

  test('is for operators who may write', async () => {
    const id = await open('review-other');

    expect(await ask('operator', `POST /v1/orders/${id}/cancel`)).toMatchObject({ status: 403 });
    expect(await ask('supervisor', `POST /v1/orders/${id}/cancel`)).toMatchObject({ status: 202 });
  });
});

/** What may be asked without a token, by operation. Whoever adds to it has thought about it. */
const publicOperations = /^(?:receivePspWebhook|receiveCarrierWebhook|(?:psp|carrier|bureau)[A-Z]\w*)$/;
const sandboxOperations =
  /^(?:showFaults|changeFaults|resetFaults|showLedger|summarizeLedger|mintTestToken|showTestTokenKeys)$/;

type Document = {
  readonly paths: Readonly<
    Record<string, Record<string, { operationId: string; security?: readonly { token: readonly string[] }[] }>>
  >;
};

test('every operation of every service wants a token with its scopes, unless it is known to be public', async () => {
  const operations = await documented();
  expect(operations.length).toBeGreaterThan(30);
  for (const operation of operations) {
    const { operationId, wanted } = operation;
    const isPublic = publicOperations.test(operationId) || sandboxOperations.test(operationId);
    expect(wanted.length === 0, operationId).toBe(isPublic);
    if (isPublic) continue;
    expect(await statusOf(operation), operationId).toBe(401);
    for (const lacking of wanted) {
      const scopes = ['orders:read', 'orders:write', 'orders:place-for', 'ops'].filter((scope) => scope !== lacking);
      const { body } = await platform.client.send<{ token: string }>('POST', '/sandbox/tokens', {
        subject: ada,
        scopes,
      });
      expect(await statusOf(operation, `Bearer ${body.token}`), `${operationId} without ${lacking}`).toBe(403);
    }
  }
});

async function documented() {
  const documents = await Promise.all(
    platform.client.addresses.all.map(async (url) => {
      const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
      return Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, { operationId, security }]) => ({
          operationId,
          method: method.toUpperCase(),
          address: url + path.replaceAll(/{\w+}/g, ours.placed.id),
          wanted: security?.flatMap(({ token }) => token) ?? [],
        })),
      );
    }),
  );
  return documents.flat();
}

async function statusOf(
  { address, method }: { readonly address: string; readonly method: string },
  authorization?: string,
): Promise<number> {
  const { status, body } = await fetch(address, {
    method,
    headers: authorization === undefined ? {} : { authorization },
  });
  await body?.cancel();
  return status;
}

test(
  'tokens outlive a restart',
  async () => {
    await platform.kill();
    await platform.restart();

    expect(await ask('customer', fill('GET /v1/orders/{ours}'))).toMatchObject({ status: 200 });
  },
  platformStartMs,
);

testInvariants(() => ({ get, acknowledged: () => acknowledged }));
