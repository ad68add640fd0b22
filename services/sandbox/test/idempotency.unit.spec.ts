import { describe, expect, test } from 'vitest';
import { startSandbox } from './sandbox.driver.ts';

const bodyOf = (answer: Awaited<ReturnType<Awaited<ReturnType<typeof startSandbox>>['authorize']>>) =>
  answer === 'no answer' ? answer : answer.body;

describe('an idempotency key', () => {
  test('used 50 times at once acts once and gives equal answers', async () => {
    const psp = await startSandbox();
    const answers = await Promise.all(Array.from({ length: 50 }, () => psp.authorize('o-1')));

    expect(new Set(answers.map((answer) => JSON.stringify(bodyOf(answer)))).size).toBe(1);
    expect((await psp.ledgerOf('o-1')).payment).toMatchObject({ authorized: 3998 });
  });

  test('used again gives the first answer, also when the world has changed, and says so', async () => {
    const psp = await startSandbox();
    const first = await psp.authorize('o-1');
    await psp.void('o-1');
    const again = await psp.authorize('o-1');

    expect(bodyOf(again)).toEqual(bodyOf(first));
    expect(again === 'no answer' ? null : again.headers.get('idempotent-replayed')).toBe('true');
    expect(first === 'no answer' ? null : first.headers.get('idempotent-replayed')).toBeNull();
  });

  test('keeps a refusal', async () => {
    const psp = await startSandbox();
    await psp.capture('o-1');
    await psp.authorize('o-1');

    expect(await psp.capture('o-1')).toMatchObject({ status: 422, body: { code: 'capture-rejected' } });
    expect(await psp.capture('o-1', { key: 'another' })).toMatchObject({ status: 201 });
  });

  test('used with another body, or for another operation, is refused', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1', { key: 'k' });
    const reused = { status: 422, body: { code: 'idempotency-key-reused' } };

    expect(await psp.authorize('o-1', { key: 'k', amount: 1 })).toMatchObject(reused);
    expect(await psp.capture('o-1', { key: 'k' })).toMatchObject(reused);
    expect((await psp.ledgerOf('o-1')).payment).toMatchObject({ authorized: 3998, captured: 0 });
  });

  test('does not depend on the order of the fields', async () => {
    const psp = await startSandbox();
    const body = { reference: 'o-1', amount: 3998, currency: 'EUR', token: 'tok_approve' };
    const reversed = Object.fromEntries(Object.entries(body).toReversed());
    const first = await psp.ask('POST', '/psp/authorizations', body, 'k');

    expect(await psp.ask('POST', '/psp/authorizations', reversed, 'k')).toMatchObject({
      status: 201,
      body: bodyOf(first),
    });
  });

  test('notices a change in what a carrier keeps no copy of', async () => {
    const carrier = await startSandbox();
    await carrier.book('o-1');

    expect(await carrier.book('o-1')).toMatchObject({ status: 201 });
    expect(await carrier.book('o-1', { quantity: 2 })).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    });
  });

  test('belongs to one provider', async () => {
    const world = await startSandbox();
    await world.authorize('o-1', { key: 'k' });

    expect(await world.score('o-1', { key: 'k' })).toMatchObject({ status: 200 });
  });

  test.each([
    '/psp/authorizations',
    '/psp/captures',
    '/psp/voids',
    '/psp/refunds',
    '/carrier/shipments',
    '/bureau/scores',
  ])('is required by %s', async (path) => {
    const world = await startSandbox();
    const body = {
      reference: 'o-1',
      ...(path !== '/psp/voids' && path !== '/carrier/shipments' && { amount: 1, currency: 'EUR' }),
      ...(path === '/psp/authorizations' && { token: 'tok_approve' }),
      ...(path === '/bureau/scores' && { userId: 'u-1' }),
      ...(path === '/carrier/shipments' && {
        recipient: { name: 'A', line1: 'B', city: 'C', postalCode: '1', country: 'DE' },
        items: [{ productId: 'p', quantity: 1 }],
      }),
    };

    expect(await world.ask('POST', path, body)).toMatchObject({
      status: 400,
      body: { code: 'idempotency-key-missing' },
    });
  });
});
