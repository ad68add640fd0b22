import { anOrder } from '@checkout/event-log/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { neighbour, ours, startShipping } from './shipping.driver.ts';

type Depot = Awaited<ReturnType<typeof startShipping>>;
const unknownDeadlineMs = 20_000;
const hour = 3_600_000;

let depot: Depot;
beforeEach(async () => {
  depot = await startShipping({ unknownDeadlineMs });
});
afterEach(() => depot.end());

const calls = (method: string, path: string) =>
  depot.sent.filter((sent) => sent.method === method && sent.path === path);

/** A booking that lands this late, of which no webhook tells. */
const lateBy = async (lateLandingMs: number) => {
  await depot.setFaults({ timeoutRate: 1, lateLandingMs, webhookRate: 0 });
  await depot.command(depot.requestShipment(ours));
  // Questions would go unanswered as well.
  await depot.setFaults({ timeoutRate: 0 });
  expect(await depot.rows(ours)).toEqual(['BookingPending']);
};

describe('a booking', () => {
  it('that the carrier takes is told to the saga, and shown', async () => {
    await depot.command(depot.requestShipment(ours));

    expect(await depot.heard(ours)).toEqual([
      { type: 'ShipmentRequested', data: { shipmentId: expect.any(String) as string } },
    ]);
    expect(await depot.stateAtCarrier(ours)).toBe('BOOKED');
    expect(await depot.shipment(ours)).toEqual({
      orderId: ours,
      status: 'BOOKED',
      shipmentId: expect.any(String) as string,
      detail: null,
      version: 1,
      updatedAt: '2026-01-01T00:00:00.000Z',
    });
  });

  it('that the carrier refuses is told with its words', async () => {
    await depot.command(depot.requestShipment(ours, { postalCode: '00000' }));

    const detail = 'nothing is delivered to 00000';
    expect(await depot.heard(ours)).toEqual([{ type: 'ShipmentRejected', data: { detail } }]);
    expect(await depot.shipment(ours)).toMatchObject({ status: 'REJECTED', detail });
  });

  it('that is asked for again gets its answer again, and the carrier is left alone', async () => {
    await depot.command(depot.requestShipment(ours), depot.requestShipment(neighbour, { postalCode: '00000' }));
    const asked = depot.sent.length;
    await depot.command(
      depot.requestShipment(ours, { attempt: 2 }),
      depot.requestShipment(neighbour, { postalCode: '00000', attempt: 2 }),
    );

    for (const orderId of [ours, neighbour]) {
      const [first, again] = await depot.heard(orderId);
      expect(again).toEqual(first);
      expect((await depot.rows(orderId))[1]).toBe('AnswerRepeated');
    }
    expect(depot.sent).toHaveLength(asked);
  });

  it('that the bus hands over twice is made once', async () => {
    const command = depot.requestShipment(ours);
    await depot.command(command, command);
    await depot.command(command);

    expect(await depot.rows(ours)).toEqual(['ShipmentRequested']);
    expect(calls('POST', '/shipments')).toHaveLength(1);
  });

  it('is unavailable when the carrier cannot be reached: the try that asked hears of it, and the next one can succeed', async () => {
    depot.setNetwork('refused');
    await depot.command(depot.requestShipment(ours, { attempt: 1 }));
    expect(await depot.heard(ours)).toMatchObject([
      { type: 'ShipmentUnavailable', data: { attempt: 1, operation: 'request', reason: 'connect-failed' } },
    ]);
    expect(await depot.timerOf(ours)).toBeNull();

    depot.setNetwork(undefined);
    await depot.command(depot.requestShipment(ours, { attempt: 2 }));
    expect(await depot.heardTypes(ours)).toEqual(['ShipmentUnavailable', 'ShipmentRequested']);
  });

  it('carries one key, at every try and in every call', async () => {
    depot.setNetwork('refused');
    await depot.command(depot.requestShipment(ours, { attempt: 1 }));
    depot.setNetwork('answer-lost', ({ method }) => method === 'POST');
    await depot.command(depot.requestShipment(ours, { attempt: 2 }));
    depot.setNetwork(undefined);
    await depot.pass(30_000);

    const keys = calls('POST', '/shipments').map(({ key }) => key);
    expect(keys.length).toBeGreaterThanOrEqual(3);
    expect(new Set(keys)).toEqual(new Set([`${ours}:book`]));
    expect(await depot.stateAtCarrier(ours)).toBe('BOOKED');
  });

  it('of which the answer is no answer of a carrier is found by asking', async () => {
    depot.setAnswers((body) => body.replace('"id"', '"number"'));
    await depot.command(depot.requestShipment(ours));
    expect(await depot.rows(ours)).toEqual(['BookingPending']);
    depot.setAnswers((body) => body);
    await depot.pass(10_000);

    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRequested']);
  });
});

describe('a slow booking', () => {
  it('is pending after 250 ms, and its late answer is recorded once', async () => {
    await depot.setFaults({ latencyMs: 1_000 });
    const startedAt = depot.clock.monotonic();
    await depot.command(depot.requestShipment(ours));
    expect(depot.clock.monotonic() - startedAt).toBeLessThanOrEqual(300);
    expect(await depot.rows(ours)).toEqual(['BookingPending']);
    expect(await depot.timerOf(ours)).toMatchObject({ kind: 'resolve' });

    // The answer itself, before the timer asks.
    await depot.pass(800);
    expect(depot.sent).toHaveLength(1);
    await depot.pass(60_000);
    expect(await depot.rows(ours)).toEqual(['BookingPending', 'ShipmentRequested']);
    expect(await depot.timerOf(ours)).toBeNull();
  });

  it('holds up no other order of its batch', async () => {
    depot.setNetwork('black-hole', ({ body }) => body?.includes(ours) ?? false);
    await depot.command(depot.requestShipment(ours), depot.requestShipment(neighbour));

    expect(await depot.rows(neighbour)).toEqual(['ShipmentRequested']);
    expect(await depot.rows(ours)).toEqual(['BookingPending']);
  });
});

describe('a booking without an answer', () => {
  it('that lands later is found by asking, once', async () => {
    await lateBy(10_000);
    await depot.pass(60_000);

    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRequested']);
    expect(await depot.stateAtCarrier(ours)).toBe('BOOKED');
    expect(await depot.timerOf(ours)).toBeNull();
  });

  it('that never lands is cancelled by key at exactly the deadline, and rejected', async () => {
    await lateBy(hour);
    await depot.pass(unknownDeadlineMs + 60_000);

    const [pending, ...rest] = await depot.recorded(ours);
    const started = rest.find(({ type }) => type === 'CancellationStarted');
    expect(started?.recordedAt).toBe((pending?.recordedAt ?? 0) + unknownDeadlineMs);
    expect(await depot.heard(ours)).toEqual([
      { type: 'ShipmentRejected', data: { detail: expect.stringContaining('did not say in time') as string } },
    ]);
    // What lands behind its cancellation is refused.
    await depot.pass(2 * hour);
    expect(await depot.stateAtCarrier(ours)).toBe('CANCELLED');
    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRejected']);
  });

  it('is not rejected before the cancellation is answered, however long that takes', async () => {
    await lateBy(hour);
    depot.setNetwork('black-hole', ({ url }) => url.endsWith('/cancel'));
    await depot.pass(600_000);
    expect(await depot.heardTypes(ours)).toEqual([]);
    expect(calls('POST', `/shipments/${ours}/cancel`).length).toBeGreaterThan(10);

    depot.setNetwork(undefined);
    await depot.pass(120_000);
    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRejected']);
    expect(await depot.stateAtCarrier(ours)).toBe('CANCELLED');
  });

  it('that cannot be cancelled either is unavailable to a saga that asks again, and is still cancelled in the end', async () => {
    await lateBy(hour);
    depot.setNetwork('black-hole', ({ url }) => url.endsWith('/cancel'));
    await depot.pass(600_000);
    await depot.command(depot.requestShipment(ours, { attempt: 2 }));
    expect(await depot.heard(ours)).toEqual([
      { type: 'ShipmentUnavailable', data: { attempt: 2, operation: 'request', reason: 'not cancelled' } },
    ]);

    depot.setNetwork(undefined);
    await depot.pass(120_000);
    expect((await depot.heardTypes(ours)).at(-1)).toBe('ShipmentRejected');
  });

  it('is sent again with its key only as long as the carrier surely knows the key', async () => {
    await depot.end();
    depot = await startShipping({ unknownDeadlineMs: 48 * hour });
    depot.setNetwork('black-hole', ({ method }) => method === 'POST');
    await depot.command(depot.requestShipment(ours));
    await depot.pass(120_000);
    const sent = calls('POST', '/shipments').length;
    expect(sent).toBeGreaterThan(3);

    depot.clock.jump(12 * hour);
    depot.setNetwork(undefined);
    await depot.pass(120_000);
    expect(calls('POST', '/shipments')).toHaveLength(sent);
    expect(await depot.rows(ours)).not.toContain('ShipmentRequested');
  });

  it('is settled by what the carrier answers when it is sent again', async () => {
    // Lost on the way: the carrier never hears of the first call.
    depot.setNetwork('black-hole', ({ method }) => method === 'POST');
    await depot.command(depot.requestShipment(ours, { postalCode: '00000' }));
    await depot.pass(9_000);
    depot.setNetwork(undefined);
    await depot.pass(20_000);

    expect(await depot.heard(ours)).toMatchObject([
      { type: 'ShipmentRejected', data: { detail: expect.stringContaining('00000') as string } },
    ]);
  });
});

describe('a cancellation', () => {
  const cancelled = async (attempt = 1) => {
    await depot.command(depot.cancelShipment(ours, attempt));
    await depot.pass(1_000);
  };

  it('of a booking stops the parcel', async () => {
    await depot.command(depot.requestShipment(ours));
    await cancelled();

    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRequested', 'ShipmentCancelled']);
    expect(await depot.stateAtCarrier(ours)).toBe('CANCELLED');
    expect(await depot.timerOf(ours)).toBeNull();
  });

  it('that is asked for again is answered again', async () => {
    await depot.command(depot.requestShipment(ours));
    await cancelled(1);
    const asked = depot.sent.length;
    await cancelled(2);

    expect((await depot.heardTypes(ours)).slice(1)).toEqual(['ShipmentCancelled', 'ShipmentCancelled']);
    expect(depot.sent).toHaveLength(asked);
  });

  it('of nothing leaves a mark at the carrier: a booking that comes later is not made', async () => {
    await cancelled();
    expect(await depot.heardTypes(ours)).toEqual(['ShipmentCancelled']);

    // Late, and out of turn: the saga would not send it any more.
    await depot.command(depot.requestShipment(ours));
    expect(await depot.heardTypes(ours)).toEqual(['ShipmentCancelled']);
    expect((await depot.rows(ours)).at(-1)).toBe('Noted');
    expect(await depot.stateAtCarrier(ours)).toBe('CANCELLED');
  });

  it('closes the door in the log before the carrier hears of it', async () => {
    await depot.command(depot.requestShipment(ours));
    await depot.setFaults({ latencyMs: 1_000 });
    await depot.command(depot.cancelShipment(ours));

    expect(await depot.rows(ours)).toEqual(['ShipmentRequested', 'CancellationStarted']);
    expect(await depot.timerOf(ours)).toMatchObject({ kind: 'cancel' });
    expect(await depot.stateAtCarrier(ours)).toBe('BOOKED');
  });

  it('beats a booking that is still under way', async () => {
    await depot.setFaults({ latencyMs: 1_000 });
    await depot.command(depot.requestShipment(ours));
    await depot.command(depot.cancelShipment(ours));
    await depot.pass(120_000);

    expect(await depot.heardTypes(ours)).toEqual(['ShipmentCancelled']);
    expect(await depot.stateAtCarrier(ours)).toBe('CANCELLED');
  });

  it('is tried on its own timer while the carrier cannot be reached, before the saga hears of it', async () => {
    await depot.command(depot.requestShipment(ours));
    depot.setNetwork('refused');
    await cancelled(1);
    await depot.pass(30_000);
    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRequested']);

    depot.setNetwork(undefined);
    await depot.pass(120_000);
    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRequested', 'ShipmentCancelled']);
  });

  it('of a parcel that has left is unavailable to the try that asked: the saga decides', async () => {
    await depot.command(depot.requestShipment(ours));
    await depot.atTheCounter('dispatch', ours);
    await cancelled(3);

    expect((await depot.heard(ours)).slice(1)).toEqual([
      { type: 'ShipmentUnavailable', data: { attempt: 3, operation: 'cancel', reason: 'already-dispatched' } },
    ]);
    expect(await depot.timerOf(ours)).toBeNull();
  });

  it('outlives the process: the next one finishes it by its timer', async () => {
    await depot.command(depot.requestShipment(ours));
    depot.crashAt({ beforeSending: '/cancel' });
    await depot.post(depot.cancelShipment(ours));
    await depot.pass(5_000);
    await depot.restart();
    await depot.pass(120_000);

    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRequested', 'ShipmentCancelled']);
    expect(await depot.stateAtCarrier(ours)).toBe('CANCELLED');
  });
});

describe('a process that ends', () => {
  it.each([
    ['before it calls the carrier', { beforeSending: '/shipments' }],
    ['after the carrier booked and before that is recorded', { answered: '/shipments' }],
    ['after the booking is recorded and before the bus knows', { recorded: 'ShipmentRequested' }],
  ] as const)('%s books once', async (_name, point) => {
    await depot.setFaults({ webhookRate: 0 });
    const command = depot.requestShipment(ours);
    depot.crashAt(point);
    await depot.post(command);
    await depot.pass(5_000);
    await depot.restart();
    await depot.command(command);
    await depot.pass(60_000);

    expect(await depot.rows(ours)).toEqual(['ShipmentRequested']);
    expect(await depot.stateAtCarrier(ours)).toBe('BOOKED');
  });

  it('while a booking is pending finds it by asking', async () => {
    await depot.setFaults({ latencyMs: 1_000, webhookRate: 0 });
    await depot.command(depot.requestShipment(ours));
    depot.crash();
    await depot.pass(5_000);
    await depot.restart();
    await depot.pass(60_000);

    expect(await depot.heardTypes(ours)).toEqual(['ShipmentRequested']);
  });
});

it('a shipment that nobody asked for is not there', async () => {
  expect(await depot.shipment(anOrder(1, 77))).toMatchObject({ status: 404, code: 'shipment-not-found' });
});
