import { describe, expect, test } from 'vitest';
import { startSandbox } from './sandbox.driver.ts';

describe('a shipment', () => {
  test('is booked, dispatched, and delivered after its time', async () => {
    const carrier = await startSandbox({ config: { deliveryMs: 500 } });

    expect(await carrier.book('o-1')).toMatchObject({ status: 201, body: { reference: 'o-1', state: 'BOOKED' } });
    expect(await carrier.dispatch('o-1')).toMatchObject({ status: 200, body: { state: 'DISPATCHED' } });
    await carrier.clock.advance(499);
    expect(await carrier.findShipment('o-1')).toMatchObject({ status: 200, body: { state: 'DISPATCHED' } });
    await carrier.clock.advance(1);
    expect(await carrier.findShipment('o-1')).toMatchObject({ body: { state: 'DELIVERED' } });
    expect((await carrier.ledgerOf('o-1')).shipment).toEqual({ orderId: 'o-1', state: 'DELIVERED' });
  });

  test('arrives before its dispatch is answered when delivery takes no time', async () => {
    const carrier = await startSandbox({ config: { deliveryMs: 0 } });
    await carrier.book('o-1');

    expect(await carrier.dispatch('o-1')).toMatchObject({ status: 200, body: { state: 'DISPATCHED' } });
    expect(await carrier.findShipment('o-1')).toMatchObject({ body: { state: 'DELIVERED' } });
  });

  test('to 00000 is refused', async () => {
    const carrier = await startSandbox();

    expect(await carrier.book('o-1', { postalCode: '00000' })).toMatchObject({
      status: 422,
      body: { code: 'shipment-rejected' },
    });
    expect((await carrier.ledgerOf('o-1')).shipment).toEqual({ orderId: 'o-1', state: 'REJECTED' });
    expect(await carrier.dispatch('o-1')).toMatchObject({ status: 409, body: { code: 'not-dispatchable' } });
  });

  test('to 99999 gets lost after its dispatch', async () => {
    const carrier = await startSandbox();
    await carrier.book('o-1', { postalCode: '99999' });
    await carrier.dispatch('o-1');
    await carrier.clock.advance(500);

    expect(await carrier.findShipment('o-1')).toMatchObject({ body: { state: 'LOST' } });
  });

  test('is dispatched once, however often that is asked', async () => {
    const carrier = await startSandbox();
    await carrier.book('o-1');
    await carrier.dispatch('o-1');
    await carrier.clock.advance(500);

    expect(await carrier.dispatch('o-1')).toMatchObject({ status: 200, body: { state: 'DISPATCHED' } });
    await carrier.clock.advance(500);
    expect(carrier.webhooks.map(({ body }) => body.type)).toEqual(['shipment.dispatched', 'shipment.delivered']);
  });

  test('that is not booked cannot be dispatched, but can once it is', async () => {
    const carrier = await startSandbox();

    expect(await carrier.dispatch('o-1')).toMatchObject({ status: 409, body: { code: 'not-dispatchable' } });
    await carrier.book('o-1');
    expect(await carrier.dispatch('o-1')).toMatchObject({ status: 200 });
  });

  test('is booked once, under whatever keys', async () => {
    const carrier = await startSandbox();
    await carrier.book('o-1', { key: 'k-1' });

    expect(await carrier.book('o-1', { key: 'k-2' })).toMatchObject({
      status: 422,
      body: { code: 'shipment-rejected' },
    });
  });
});

describe('a cancelled shipment', () => {
  test('does not leave', async () => {
    const carrier = await startSandbox();
    await carrier.book('o-1');

    expect(await carrier.cancel('o-1')).toMatchObject({ status: 200, body: { state: 'CANCELLED' } });
    expect(await carrier.cancel('o-1')).toMatchObject({ status: 200, body: { state: 'CANCELLED' } });
    expect(await carrier.dispatch('o-1')).toMatchObject({ status: 409 });
  });

  test('leaves a tombstone when it was not booked yet: the booking is refused', async () => {
    const carrier = await startSandbox();
    await carrier.cancel('o-1');

    expect(await carrier.book('o-1')).toMatchObject({ status: 422, body: { code: 'shipment-rejected' } });
    expect(await carrier.findShipment('o-1')).toMatchObject({ body: { state: 'CANCELLED' } });
  });

  test('is one that has not left', async () => {
    const carrier = await startSandbox();
    await carrier.book('o-1');
    await carrier.dispatch('o-1');

    expect(await carrier.cancel('o-1')).toMatchObject({ status: 409, body: { code: 'already-dispatched' } });
  });
});

describe('the fraud bureau', () => {
  test.each([
    ['u-1', 'approve'],
    ['review-1', 'review'],
    ['fraud-1', 'reject'],
  ])('gives %s the verdict %s', async (userId, verdict) => {
    const bureau = await startSandbox();

    expect(await bureau.score('o-1', { userId })).toMatchObject({ status: 200, body: { reference: 'o-1', verdict } });
  });
});
