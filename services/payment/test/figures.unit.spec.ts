import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ours, startPayment } from './payment.driver.ts';
import { amount } from './payment.fixture.ts';

type Shop = Awaited<ReturnType<typeof startPayment>>;

let shop: Shop;
beforeEach(async () => {
  shop = await startPayment({ unknownDeadlineMs: 20_000 });
});
afterEach(() => shop.end());

const alerts = () => shop.logger.lines.filter(({ message }) => message === 'payment parked');
/** The provider says another figure than the one that it was asked for. */
const sayWrongFigures = () => shop.setAnswers((body) => body.replaceAll(String(amount), '1'));
const sayTheTruth = () => shop.setAnswers((body) => body);
const undone = async () => {
  await shop.command(shop.releasePayment(ours));
  await shop.pass(1_000);
};

describe('a release while the provider says wrong amounts', () => {
  it.each([
    ['is unavailable, and the next try refunds all', ['authorize', 'capture'], { refunded: amount }],
    ['is unavailable, and the next try finds it voided', ['authorize'], { voided: amount }],
  ] as const)('%s', async (_name, before, undoneBy) => {
    await shop.command(shop.authorizePayment(ours));
    if (before.length > 1) await shop.command(shop.capturePayment(ours));
    await shop.setFaults({ wrongAmountRate: 1 });
    await undone();
    expect((await shop.heard(ours)).at(-1)).toMatchObject({
      type: 'PaymentUnavailable',
      data: { attempt: 1, operation: 'release' },
    });
    expect(await shop.ledgerOf(ours)).toMatchObject({ refunded: 0 });

    await shop.setFaults({ wrongAmountRate: 0 });
    await shop.command(shop.releasePayment(ours, 2));
    await shop.pass(1_000);
    expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentReleased', data: undoneBy });
    expect(await shop.ledgerOf(ours)).toMatchObject(undoneBy);
    expect(await shop.timerOf(ours)).toBeNull();
  });

  it('of a capture that it has parked refunds all when the amounts are right again', async () => {
    await shop.command(shop.authorizePayment(ours));
    await shop.setFaults({ wrongAmountRate: 1 });
    await shop.command(shop.capturePayment(ours));
    await undone();
    expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentUnavailable' });

    await shop.setFaults({ wrongAmountRate: 0 });
    await shop.command(shop.releasePayment(ours, 2));
    await shop.pass(1_000);
    expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentReleased', data: { refunded: amount } });
    expect(await shop.payment(ours)).toMatchObject({ captured: amount, refunded: amount });
  });
});

describe('a wrong amount', () => {
  it('in the answer to an authorisation parks the payment, with an alert, and the saga can undo it', async () => {
    sayWrongFigures();
    await shop.command(shop.authorizePayment(ours, { attempt: 1 }));
    expect(await shop.heard(ours)).toEqual([
      { type: 'PaymentUnavailable', data: { attempt: 1, operation: 'authorize', reason: 'parked' } },
    ]);
    expect(await shop.payment(ours)).toMatchObject({ parked: `the provider has 1, we asked for ${amount} EUR` });
    expect(alerts()).toMatchObject([{ level: 'error', fields: { orderId: ours } }]);

    sayTheTruth();
    await undone();
    expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentReleased', data: { voided: amount } });
    expect(await shop.payment(ours)).toMatchObject({ status: 'RELEASED', parked: expect.any(String) });
  });

  it('is not asked about again: every later try hears that the payment is parked', async () => {
    sayWrongFigures();
    await shop.command(shop.authorizePayment(ours, { attempt: 1 }));
    const calls = shop.sent.length;
    await shop.command(shop.authorizePayment(ours, { attempt: 2 }));

    expect((await shop.heard(ours)).at(-1)).toEqual({
      type: 'PaymentUnavailable',
      data: { attempt: 2, operation: 'authorize', reason: 'parked' },
    });
    expect(shop.sent).toHaveLength(calls);
    expect(alerts()).toHaveLength(1);
  });

  it('in a late answer parks the payment with an alert', async () => {
    await shop.setFaults({ latencyMs: 1_000 });
    sayWrongFigures();
    await shop.command(shop.authorizePayment(ours));
    await shop.pass(10_000);

    expect(await shop.rows(ours)).toEqual(['AuthorizationPending', 'PaymentParked']);
    expect(alerts()).toHaveLength(1);
    expect(await shop.timerOf(ours)).toBeNull();
  });

  it('that the resolver finds parks the payment with an alert', async () => {
    await shop.setFaults({ timeoutRate: 1, lateLandingMs: 10_000, webhookRate: 0 });
    await shop.command(shop.authorizePayment(ours));
    await shop.setFaults({ timeoutRate: 0 });
    sayWrongFigures();
    await shop.pass(60_000);

    expect(await shop.heardTypes(ours)).toEqual([]);
    expect((await shop.rows(ours)).filter((type) => type === 'PaymentParked')).toHaveLength(1);
    expect(alerts()).toHaveLength(1);
  });

  it('is parked once, however often a webhook comes', async () => {
    await shop.setFaults({ latencyMs: 1_000 });
    sayWrongFigures();
    await shop.command(shop.authorizePayment(ours));
    await shop.pass(10_000);
    const rows = await shop.rows(ours);
    for (const id of ['w-1', 'w-2', 'w-3']) {
      await shop.webhook({ type: 'authorization.approved', reference: ours }, { id });
      await shop.pass(5_000);
    }

    expect(await shop.rows(ours)).toEqual(rows);
    expect(alerts()).toHaveLength(1);
  });

  it('in the answer to a capture parks the payment, and nothing more is charged', async () => {
    await shop.command(shop.authorizePayment(ours));
    sayWrongFigures();
    await shop.command(shop.capturePayment(ours, 1));
    const calls = shop.sent.length;
    await shop.command(shop.capturePayment(ours, 2));

    expect((await shop.heard(ours)).slice(1)).toEqual([
      { type: 'PaymentUnavailable', data: { attempt: 1, operation: 'capture', reason: 'parked' } },
      { type: 'PaymentUnavailable', data: { attempt: 2, operation: 'capture', reason: 'parked' } },
    ]);
    expect(shop.sent).toHaveLength(calls);
    expect(alerts()).toHaveLength(1);

    sayTheTruth();
    await undone();
    expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentReleased', data: { refunded: amount } });
    expect(await shop.ledgerOf(ours)).toMatchObject({ captured: amount, refunded: amount });
  });
});

it('another currency parks the payment too, also when it is found by asking', async () => {
  shop.setAnswers((body) => body.replaceAll('"EUR"', '"USD"'));
  await shop.setFaults({ timeoutRate: 1, lateLandingMs: 9_000, webhookRate: 0 });
  await shop.command(shop.authorizePayment(ours));
  await shop.setFaults({ timeoutRate: 0 });
  await shop.pass(60_000);

  expect(await shop.heardTypes(ours)).toEqual([]);
  expect(alerts()).toHaveLength(1);
});
