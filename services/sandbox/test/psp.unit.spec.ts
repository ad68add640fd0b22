import { describe, expect, test } from 'vitest';
import { startSandbox } from './sandbox.driver.ts';

const none = { authorized: 0, captured: 0, refunded: 0, voided: 0 };

describe('authorising', () => {
  test('holds the money', async () => {
    const psp = await startSandbox();

    expect(await psp.authorize('o-1')).toMatchObject({
      status: 201,
      body: { reference: 'o-1', status: 'approved', amount: 3998, currency: 'EUR', id: expect.any(String) },
    });
    expect(await psp.ledgerOf('o-1')).toEqual({
      payment: { orderId: 'o-1', currency: 'EUR', ...none, authorized: 3998 },
      shipment: undefined,
    });
  });

  test.each([
    ['tok_decline', 'payment-declined'],
    ['tok_insufficient_funds', 'insufficient-funds'],
    ['tok_of_another_shop', 'payment-declined'],
    ['constructor', 'payment-declined'],
  ])('with %s is declined', async (token, code) => {
    const psp = await startSandbox();

    expect(await psp.authorize('o-1', { token })).toMatchObject({ status: 402, body: { code } });
    expect(await psp.findPayment('o-1')).toMatchObject({
      status: 200,
      body: { authorization: 'declined', declineReason: code, capture: 'none', ...none },
    });
  });

  test('under a second key holds a second time: a shop that does this must be seen to have done it', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1', { key: 'k-1' });
    await psp.authorize('o-1', { key: 'k-2' });

    expect((await psp.ledgerOf('o-1')).payment).toMatchObject({ authorized: 2 * 3998 });
  });
});

describe('capturing', () => {
  test('takes the money that was held', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1');

    expect(await psp.capture('o-1')).toMatchObject({ status: 201, body: { status: 'captured', amount: 3998 } });
    expect(await psp.findPayment('o-1')).toMatchObject({
      body: { authorization: 'approved', capture: 'captured', ...none, authorized: 3998, captured: 3998 },
    });
  });

  test.each([
    { when: 'nothing was authorised', isAuthorised: false },
    { when: 'the amount is another', amount: 3997 },
    { when: 'the token says so', token: 'tok_capture_reject' },
    { when: 'the authorisation was declined', token: 'tok_decline' },
    { when: 'the authorisation was voided', isVoided: true },
  ])('is rejected when $when', async (given) => {
    const { amount = 3998, token = 'tok_approve', isAuthorised = true, isVoided = false } = given;
    const psp = await startSandbox();
    if (isAuthorised) await psp.authorize('o-1', { token });
    if (isVoided) await psp.void('o-1');

    expect(await psp.capture('o-1', { amount })).toMatchObject({ status: 422, body: { code: 'capture-rejected' } });
    expect((await psp.ledgerOf('o-1')).payment ?? none).toMatchObject({ captured: 0 });
  });

  test('in another currency, or twice under two keys, is rejected', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1');
    const dollars = { reference: 'o-1', amount: 3998, currency: 'USD' };

    expect(await psp.ask('POST', '/psp/captures', dollars, 'k-usd')).toMatchObject({ status: 422 });
    expect(await psp.capture('o-1', { key: 'k-1' })).toMatchObject({ status: 201 });
    expect(await psp.capture('o-1', { key: 'k-2' })).toMatchObject({ status: 422 });
    expect(await psp.findPayment('o-1')).toMatchObject({ body: { capture: 'captured', captured: 3998 } });
  });
});

describe('voiding', () => {
  test('lets the held money go', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1');

    expect(await psp.void('o-1')).toMatchObject({ status: 200, body: { status: 'voided', voided: 3998 } });
    expect((await psp.ledgerOf('o-1')).payment).toMatchObject({ ...none, authorized: 3998, voided: 3998 });
  });

  test('before anything has landed leaves a tombstone: what lands later is declined', async () => {
    const psp = await startSandbox();

    expect(await psp.void('o-1')).toMatchObject({ status: 200, body: { status: 'voided', voided: 0 } });
    expect(await psp.authorize('o-1')).toMatchObject({ status: 402, body: { code: 'payment-declined' } });
    expect(await psp.capture('o-1')).toMatchObject({ status: 422 });
    expect(await psp.findPayment('o-1')).toMatchObject({ body: { authorization: 'voided', ...none } });
  });

  test('again, also under another key, gives the same answer', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1');
    const first = await psp.void('o-1', { key: 'k-1' });
    const second = await psp.void('o-1', { key: 'k-2' });

    expect(second).toMatchObject({ status: 200, body: first === 'no answer' ? {} : first.body });
  });

  test('captured money is refused: it has to be refunded', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1');
    await psp.capture('o-1');

    expect(await psp.void('o-1')).toMatchObject({ status: 409, body: { code: 'already-captured' } });
  });
});

describe('refunding', () => {
  test('gives back what was captured, and not more', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1');
    await psp.capture('o-1');

    expect(await psp.refund('o-1', { amount: 1000, key: 'k-1' })).toMatchObject({
      status: 201,
      body: { refunded: 1000 },
    });
    expect(await psp.refund('o-1', { amount: 2999, key: 'k-2' })).toMatchObject({
      status: 422,
      body: { code: 'refund-rejected' },
    });
    expect(await psp.refund('o-1', { amount: 2998, key: 'k-3' })).toMatchObject({ status: 201 });
    expect((await psp.ledgerOf('o-1')).payment).toMatchObject({ captured: 3998, refunded: 3998 });
  });

  test('what was not captured is refused', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1');

    expect(await psp.refund('o-1')).toMatchObject({ status: 422, body: { code: 'refund-rejected' } });
    expect(await psp.refund('o-2')).toMatchObject({ status: 422, body: { code: 'refund-rejected' } });
  });
});

describe('tok_void_fails', () => {
  test('resists voids and refunds until that is switched off, and keeps no key meanwhile', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1', { token: 'tok_void_fails' });
    await psp.authorize('o-2', { token: 'tok_void_fails' });
    await psp.capture('o-2');

    expect(await psp.void('o-1')).toMatchObject({ status: 500, body: { code: 'provider-failure' } });
    expect(await psp.refund('o-2')).toMatchObject({ status: 500 });
    await psp.setFaults({ psp: { voidFails: false } });
    expect(await psp.void('o-1')).toMatchObject({ status: 200, body: { voided: 3998 } });
    expect(await psp.refund('o-2')).toMatchObject({ status: 201 });
  });
});

describe('asking', () => {
  test('about a reference that was never seen answers 404', async () => {
    const psp = await startSandbox();

    expect(await psp.findPayment('o-1')).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });
});
