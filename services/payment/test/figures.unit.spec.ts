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
});

describe('a wrong amount in an answer', () => {
  it('to an authorisation is an unknown outcome: what the provider has counts', async () => {
    sayWrongFigures();
    await shop.command(shop.authorizePayment(ours));
    expect(await shop.rows(ours)).toEqual(['AuthorizationPending']);

    sayTheTruth();
    await shop.pass(10_000);
    expect(await shop.heard(ours)).toMatchObject([{ type: 'PaymentApproved', data: { amount } }]);
    expect(await shop.ledgerOf(ours)).toMatchObject({ authorized: amount });
    expect(alerts()).toEqual([]);
  });

  it('to a capture is one as well', async () => {
    await shop.command(shop.authorizePayment(ours));
    sayWrongFigures();
    await shop.command(shop.capturePayment(ours));
    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved']);

    sayTheTruth();
    await shop.pass(10_000);
    expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentCaptured', data: { amount } });
    expect(await shop.ledgerOf(ours)).toMatchObject({ captured: amount, refunded: 0 });
  });

  it('to a refund is one as well: it is asked for again, and acts once', async () => {
    await shop.command(shop.authorizePayment(ours), shop.capturePayment(ours));
    shop.setAnswers((body) => body.replace(`"refunded":${amount}`, '"refunded":1'));
    await undone();
    expect((await shop.heard(ours)).at(-1)).toMatchObject({ data: { reason: 'refund: other-figures' } });

    sayTheTruth();
    await shop.command(shop.releasePayment(ours, 2));
    await shop.pass(1_000);
    expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentReleased', data: { refunded: amount } });
    expect(await shop.ledgerOf(ours)).toMatchObject({ captured: amount, refunded: amount });
  });
});

describe('wrong amounts in what the provider has', () => {
  const parked = { parked: `the provider has 1, we asked for ${amount} EUR` };

  it('park an authorisation with an alert, and it is voided and declined', async () => {
    sayWrongFigures();
    await shop.command(shop.authorizePayment(ours));
    await shop.pass(30_000);

    expect(await shop.heard(ours)).toMatchObject([
      { type: 'PaymentReleaseStarted' },
      { type: 'PaymentDeclined', data: { code: 'payment-outcome-unknown' } },
    ]);
    expect(await shop.payment(ours)).toMatchObject({ status: 'DECLINED', ...parked });
    expect(await shop.ledgerOf(ours)).toMatchObject({ authorized: amount, voided: amount });
    expect(alerts()).toMatchObject([{ level: 'error', fields: { orderId: ours } }]);
    expect(await shop.timerOf(ours)).toBeNull();
  });

  it('park a capture with an alert, and it is refunded in full once the amounts are right', async () => {
    await shop.command(shop.authorizePayment(ours));
    sayWrongFigures();
    await shop.command(shop.capturePayment(ours));
    await shop.pass(60_000);
    expect(await shop.payment(ours)).toMatchObject({ status: 'RELEASING', ...parked });
    expect(shop.sent.filter(({ path }) => path === '/refunds')).toEqual([]);

    sayTheTruth();
    await shop.pass(60_000);
    expect((await shop.heardTypes(ours)).slice(-2)).toEqual(['PaymentReleased', 'PaymentCaptureRejected']);
    expect(await shop.ledgerOf(ours)).toMatchObject({ captured: amount, refunded: amount });
    expect(alerts()).toHaveLength(1);
  });

  it('are told to the saga that asks again, when they stay: it comes to an operator', async () => {
    await shop.command(shop.authorizePayment(ours));
    sayWrongFigures();
    await shop.command(shop.capturePayment(ours, 1));
    await shop.pass(60_000);
    const calls = shop.sent.length;
    await shop.command(shop.capturePayment(ours, 2));
    expect(await shop.heardTypes(ours)).not.toContain('PaymentUnavailable');
    expect(shop.sent).toHaveLength(calls);

    await shop.pass(600_000);
    await shop.command(shop.capturePayment(ours, 3));
    expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentUnavailable', data: { attempt: 3 } });
  });

  it('park once, however often a webhook comes', async () => {
    await shop.command(shop.authorizePayment(ours));
    sayWrongFigures();
    await shop.command(shop.capturePayment(ours));
    for (const id of ['w-1', 'w-2', 'w-3']) {
      await shop.webhook({ type: 'capture.succeeded', reference: ours, amount: 1 }, { id });
      await shop.pass(5_000);
    }

    expect((await shop.rows(ours)).filter((type) => type === 'PaymentParked')).toHaveLength(1);
    expect(alerts()).toHaveLength(1);
  });

  it('park what a timer finds, another currency too', async () => {
    shop.setAnswers((body) => body.replaceAll('"EUR"', '"USD"'));
    await shop.setFaults({ timeoutRate: 1, lateLandingMs: 9_000, webhookRate: 0 });
    await shop.command(shop.authorizePayment(ours));
    await shop.setFaults({ timeoutRate: 0 });
    await shop.pass(60_000);

    expect(await shop.rows(ours)).toContain('PaymentParked');
    expect(alerts()).toHaveLength(1);
    expect(await shop.ledgerOf(ours)).toMatchObject({ authorized: amount, voided: amount });
  });
});
