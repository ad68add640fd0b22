import { anOrder } from '@checkout/event-log/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ours, startShipping } from './shipping.driver.ts';

type Depot = Awaited<ReturnType<typeof startShipping>>;
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let depot: Depot;
beforeEach(async () => {
  depot = await startShipping();
});
afterEach(() => depot.end());

const questions = () => depot.sent.filter(({ method }) => method === 'GET').length;
const booked = (postalCode?: string) =>
  depot.command(depot.requestShipment(ours, postalCode === undefined ? {} : { postalCode }));
const onItsWay = async (postalCode?: string) => {
  await booked(postalCode);
  await depot.command(depot.dispatchShipment(ours));
};
/** Time goes by in strides: what comes due within one happens at its end. */
const wait = async (ms: number, strideMs = minute) => {
  const awakeMs = 2_000;
  for (let passed = 0; passed < ms; passed += strideMs) {
    depot.clock.jump(strideMs - awakeMs);
    await depot.pass(awakeMs);
  }
};
/** What is told beyond the booking and the dispatch. */
const news = async () => (await depot.heard(ours)).slice(2);

describe('a dispatch', () => {
  it('hands the parcel over and is told', async () => {
    await onItsWay();
    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRequested', 'ShipmentDispatched']);
    expect(await depot.stateAtCarrier(ours)).toBe('DISPATCHED');
  });

  it('that is asked for again is answered again', async () => {
    await onItsWay();
    const asked = depot.sent.length;
    await depot.command(depot.dispatchShipment(ours, 2));

    expect(await news()).toEqual([{ type: 'ShipmentDispatched', data: {} }]);
    expect(depot.sent).toHaveLength(asked);
  });

  it('is unavailable to the try that asked when the carrier cannot be reached', async () => {
    await booked();
    depot.setNetwork('refused');
    await depot.command(depot.dispatchShipment(ours, 4));

    expect((await depot.heard(ours)).at(-1)).toEqual({
      type: 'ShipmentUnavailable',
      data: { attempt: 4, operation: 'dispatch', reason: 'connect-failed' },
    });
    expect(await depot.timerOf(ours)).toBeNull();
  });

  it('without an answer is asked for until there is one, without an end', async () => {
    await booked();
    depot.setNetwork('black-hole');
    await depot.command(depot.dispatchShipment(ours));
    await wait(hour);
    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRequested']);
    expect(await depot.timerOf(ours)).toMatchObject({ kind: 'resolve' });

    depot.setNetwork(undefined);
    await wait(20 * minute);
    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRequested', 'ShipmentDispatched']);
  });

  it('that waits for a day does not fill the log', async () => {
    await booked();
    depot.setNetwork('black-hole');
    await depot.command(depot.dispatchShipment(ours));
    await wait(day);

    expect((await depot.rows(ours)).length).toBeLessThan(250);
  });

  it('that was made although nobody heard of it is not made twice', async () => {
    await booked();
    depot.setNetwork('answer-lost');
    await depot.command(depot.dispatchShipment(ours));
    depot.setNetwork(undefined);
    await depot.pass(120_000);

    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRequested', 'ShipmentDispatched']);
  });

  it('that the carrier refuses is told, and asked again when the saga asks again', async () => {
    await booked();
    await depot.atTheCounter('cancel', ours);
    await depot.command(depot.dispatchShipment(ours, 1));
    await depot.command(depot.dispatchShipment(ours, 2));

    const refusal = { type: 'ShipmentDispatchRefused', data: { detail: expect.any(String) as string } };
    expect((await depot.heard(ours)).slice(1)).toEqual([refusal, refusal]);
    expect(await depot.shipment(ours)).toMatchObject({ status: 'DISPATCH_REFUSED' });
  });

  it('that the carrier has in hand already is not refused', async () => {
    await booked();
    await depot.atTheCounter('cancel', ours);
    depot.setAnswers((body) => body.replaceAll('not-dispatchable', 'request-in-progress'));
    await depot.command(depot.dispatchShipment(ours));

    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRequested']);
    expect(await depot.timerOf(ours)).toMatchObject({ kind: 'resolve' });
    depot.setAnswers((body) => body);
  });

  it('after the process ended over it is made once', async () => {
    await booked();
    const command = depot.dispatchShipment(ours);
    depot.crashAt({ answered: '/dispatch' });
    await depot.post(command);
    await depot.restart();
    await depot.command(command);

    expect(await depot.rows(ours)).toEqual(['ShipmentRequested', 'ShipmentDispatched']);
  });
});

describe('a parcel on its way', () => {
  it.each([
    ['10115', 'ShipmentDelivered', 'DELIVERED'],
    ['99999', 'ShipmentLost', 'LOST'],
  ])('to %s ends as %s, by a webhook', async (postalCode, type, state) => {
    await onItsWay(postalCode);
    await depot.command(depot.awaitDelivery(ours));
    await depot.pass(700);

    expect(await news()).toMatchObject([{ type }]);
    expect(await depot.stateAtCarrier(ours)).toBe(state);
    expect(await depot.shipment(ours)).toMatchObject({ status: state });
    expect(await depot.timerOf(ours)).toBeNull();
  });

  it.each(['10115', '99999'])('to %s is found by looking when no webhook comes', async (postalCode) => {
    await depot.setFaults({ webhookRate: 0 });
    await onItsWay(postalCode);
    await depot.command(depot.awaitDelivery(ours));
    await depot.pass(60_000);

    expect(await news()).toHaveLength(1);
  });

  it('that has arrived before anybody asks is told at once', async () => {
    await onItsWay();
    await depot.pass(5_000);
    await depot.command(depot.awaitDelivery(ours));

    expect(await news()).toEqual([{ type: 'ShipmentDelivered', data: {} }]);
  });

  it('is told of again when the saga asks again', async () => {
    await onItsWay();
    await depot.command(depot.awaitDelivery(ours, 1));
    await depot.pass(5_000);
    await depot.command(depot.awaitDelivery(ours, 2));

    expect(await news()).toEqual([
      { type: 'ShipmentDelivered', data: {} },
      { type: 'ShipmentDelivered', data: {} },
    ]);
  });

  it('arrives once, however often a webhook says so', async () => {
    await depot.setFaults({ duplicateWebhookRate: 1 });
    await onItsWay();
    await depot.command(depot.awaitDelivery(ours));
    await depot.pass(5_000);
    for (const id of ['w-1', 'w-2']) await depot.webhook({ type: 'shipment.delivered', reference: ours }, { id });
    await depot.pass(60_000);

    expect(await news()).toEqual([{ type: 'ShipmentDelivered', data: {} }]);
  });

  it('that is on its way for weeks is looked for less and less', async () => {
    await depot.setFaults({ webhookRate: 0 });
    depot.setAnswers((body) => body.replace('"DELIVERED"', '"DISPATCHED"'));
    await onItsWay();
    await depot.command(depot.awaitDelivery(ours));
    await wait(21 * day, hour);

    expect(questions()).toBeLessThan(150);
    depot.setAnswers((body) => body);
    await wait(day, hour);
    expect(await news()).toEqual([{ type: 'ShipmentDelivered', data: {} }]);
  });

  it('is followed through a silence of the carrier, and found soon after its end', async () => {
    await depot.setFaults({ webhookRate: 0 });
    depot.setAnswers((body) => body.replace('"DELIVERED"', '"DISPATCHED"'));
    await onItsWay();
    await depot.command(depot.awaitDelivery(ours));
    await wait(day);
    depot.setAnswers((body) => body);
    depot.setNetwork('refused');
    // The look at which the silence is noticed may be 6 h away; from there on they come close together.
    await wait(day);
    const rows = (await depot.rows(ours)).length;
    depot.setNetwork(undefined);
    await wait(20 * minute);

    expect(await news()).toEqual([{ type: 'ShipmentDelivered', data: {} }]);
    expect(rows).toBeLessThan(250);
    expect((await depot.rows(ours)).filter((type) => type === 'Tracked')).toHaveLength(1);
  });

  it('is followed by the next process when this one ends', async () => {
    await depot.setFaults({ webhookRate: 0 });
    await onItsWay();
    depot.crashAt({ recorded: 'TrackingBegun' });
    await depot.post(depot.awaitDelivery(ours));
    await depot.pass(5_000);
    await depot.restart();
    await depot.pass(60_000);

    expect(await news()).toEqual([{ type: 'ShipmentDelivered', data: {} }]);
  });
});

describe('a parcel that the carrier no longer has', () => {
  const warnings = () => depot.logger.lines.filter(({ message }) => message.startsWith('parcel missing'));
  const says = (state: string) => (body: string) => body.replace(/"(?:DISPATCHED|DELIVERED)"/, `"${state}"`);
  const hasNone = () => new Response('{}', { status: 404, headers: { 'content-type': 'application/json' } });
  const missing = [
    ['cancelled', says('CANCELLED')],
    ['rejected', says('REJECTED')],
    ['absent', hasNone],
  ] as const;

  beforeEach(async () => {
    await depot.setFaults({ webhookRate: 0 });
    await onItsWay();
  });

  it.each(missing)('but says that it is %s, is told to people, once', async (state, answers) => {
    depot.setAnswers(answers);
    await depot.command(depot.awaitDelivery(ours));
    await wait(day, hour);

    expect(warnings()).toMatchObject([{ level: 'warn', fields: { orderId: ours, state } }]);
    expect(await depot.metrics()).toContain(`parcels_missing_total{state="${state}",service="shipping"} 1`);
    expect(await depot.shipment(ours)).toMatchObject({ status: 'TRACKING', detail: expect.stringContaining(state) });
    expect(await news()).toEqual([]);
  });

  it.each(missing)('but was on its way before, is told of when a look finds it %s', async (state, answers) => {
    depot.setAnswers(says('DISPATCHED'));
    await depot.command(depot.awaitDelivery(ours));
    await wait(hour);
    expect(warnings()).toEqual([]);
    depot.setAnswers(answers);
    await wait(day, hour);
    await depot.restart();
    await wait(day, hour);

    expect(warnings()).toMatchObject([{ fields: { state } }]);
  });

  it('is on its way again when the carrier says so', async () => {
    depot.setAnswers(hasNone);
    await depot.command(depot.awaitDelivery(ours));
    depot.setAnswers(says('DISPATCHED'));
    await wait(day, hour);

    expect(await depot.shipment(ours)).toMatchObject({ status: 'TRACKING', detail: null });
    expect(warnings()).toHaveLength(1);
  });

  it('is looked for at once when the saga asks again, and found', async () => {
    depot.setAnswers(hasNone);
    await depot.command(depot.awaitDelivery(ours, 1));
    await wait(day, hour);
    depot.setAnswers((body) => body);
    await depot.command(depot.awaitDelivery(ours, 2));

    expect(await news()).toEqual([{ type: 'ShipmentDelivered', data: {} }]);
  });
});

describe('a webhook of the carrier', () => {
  const delivered = { type: 'shipment.delivered', reference: ours, somethingNew: true };

  it('is a hint: what the carrier does not confirm is not recorded', async () => {
    await depot.setFaults({ webhookRate: 0 });
    depot.setAnswers((body) => body.replace('"DELIVERED"', '"DISPATCHED"'));
    await onItsWay();
    await depot.command(depot.awaitDelivery(ours));
    expect(await depot.webhook(delivered)).toMatchObject({ status: 204, body: '' });
    await depot.pass(100);

    expect(await news()).toEqual([]);
    expect(questions()).toBe(2);
  });

  it('of an order that nobody knows is taken, and nothing is asked or recorded', async () => {
    const stranger = anOrder(3, 99);
    expect(await depot.webhook({ ...delivered, reference: stranger })).toMatchObject({ status: 204 });
    await depot.pass(100);

    expect(await depot.rows(stranger)).toEqual([]);
    expect(depot.sent).toEqual([]);
  });

  it.each([
    ['with another secret', { secret: 'not the secret' }, 401, 'webhook-signature-invalid'],
    ['that is old', { ageMs: 301_000 }, 401, 'webhook-expired'],
  ])('%s is refused', async (_name, parts, status, code) => {
    await onItsWay();
    const asked = depot.sent.length;
    expect(await depot.webhook(delivered, parts)).toMatchObject({ status, body: { code } });
    await depot.pass(100);
    expect(depot.sent).toHaveLength(asked);
  });

  it.each([
    ['without an order', { type: 'shipment.delivered' }],
    ['with an order that cannot be one', { ...delivered, reference: 'o-1' }],
    ['without a type', { reference: ours }],
  ])('%s is refused', async (_name, body) => {
    expect(await depot.webhook(body)).toMatchObject({ status: 422, body: { code: 'validation-failed' } });
  });
});

it('nothing that is logged names a buyer or a street', async () => {
  await depot.setFaults({ errorRate: 0.5 });
  await onItsWay();
  await depot.pass(60_000);

  expect(JSON.stringify(depot.logger.lines)).not.toMatch(/Buyer|Street/);
});
