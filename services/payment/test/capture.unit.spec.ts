import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ours, startPayment } from './payment.driver.ts';
import { amount, currency } from './payment.fixture.ts';

type Shop = Awaited<ReturnType<typeof startPayment>>;
const unknownDeadlineMs = 20_000;
const held = { authorized: amount, captured: 0, refunded: 0, voided: 0 };

describe('a capture', () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await startPayment({ unknownDeadlineMs });
  });
  afterEach(() => shop.end());

  const authorized = (token = 'tok_approve') => shop.command(shop.authorizePayment(ours, { token }));
  const captures = () => shop.sent.filter(({ path }) => path === '/captures');

  it('takes what was authorised, and says so', async () => {
    await authorized();
    await shop.command(shop.capturePayment(ours));

    expect(await shop.heard(ours)).toMatchObject([
      { type: 'PaymentApproved' },
      { type: 'PaymentCaptured', data: { captureId: expect.any(String), amount, currency } },
    ]);
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, captured: amount });
    expect(await shop.payment(ours)).toMatchObject({ status: 'CAPTURED', captured: amount });
  });

  it('that the issuer rejects is told', async () => {
    await authorized('tok_capture_reject');
    await shop.command(shop.capturePayment(ours));

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentCaptureRejected']);
    expect(await shop.ledgerOf(ours)).toEqual(held);
  });

  it.each([
    ['tok_approve', 'PaymentCaptured'],
    ['tok_capture_reject', 'PaymentCaptureRejected'],
  ])('with %s that is asked for again gets its answer again (%s)', async (token, type) => {
    await authorized(token);
    await shop.command(shop.capturePayment(ours, 1));
    await shop.command(shop.capturePayment(ours, 2));

    const heard = await shop.heard(ours);
    expect(heard.slice(1).map((message) => message.type)).toEqual([type, type]);
    expect(heard[2]).toEqual(heard[1]);
    expect(captures()).toHaveLength(1);
  });

  it('of what was never authorised is noted and sent to nobody', async () => {
    await shop.command(shop.capturePayment(ours));

    expect(await shop.rows(ours)).toEqual(['Noted']);
    expect(shop.sent).toEqual([]);
  });

  it('in the batch of its authorisation comes behind it', async () => {
    await shop.command(shop.authorizePayment(ours), shop.capturePayment(ours));

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentCaptured']);
  });

  it('is unavailable when the provider cannot be reached, and the next try can succeed', async () => {
    await authorized();
    shop.setNetwork('refused');
    await shop.command(shop.capturePayment(ours, 1));
    shop.setNetwork(undefined);
    await shop.command(shop.capturePayment(ours, 2));

    expect(await shop.heard(ours)).toMatchObject([
      {},
      { type: 'PaymentUnavailable', data: { attempt: 1, operation: 'capture' } },
      { type: 'PaymentCaptured' },
    ]);
    expect(new Set(captures().map(({ key }) => key))).toEqual(new Set([`${ours}:capture`]));
  });

  it('that is slow is pending, and its late answer is recorded once', async () => {
    await authorized();
    await shop.setFaults({ latencyMs: 1_000, webhookRate: 0 });
    await shop.command(shop.capturePayment(ours, 1));
    await shop.command(shop.capturePayment(ours, 2));
    await shop.pass(800);
    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentCaptured']);
    await shop.pass(60_000);

    expect(await shop.rows(ours)).toEqual(['PaymentApproved', 'CapturePending', 'Noted', 'PaymentCaptured']);
    expect(captures()).toHaveLength(1);
    expect(await shop.timerOf(ours)).toBeNull();
  });

  it('whose answer and webhook race each other is one capture', async () => {
    await authorized();
    await shop.setFaults({ latencyMs: 300, duplicateWebhookRate: 1 });
    await shop.command(shop.capturePayment(ours));
    expect(await shop.rows(ours)).toEqual(['PaymentApproved', 'CapturePending']);
    // The webhook's question and the call's answer are under way together.
    await Promise.all([
      shop.webhook({ type: 'capture.succeeded', reference: ours }, { id: 'w-1' }),
      shop.webhook({ type: 'capture.succeeded', reference: ours }, { id: 'w-2' }),
      shop.pass(60_000),
    ]);

    expect(await shop.rows(ours)).toEqual(['PaymentApproved', 'CapturePending', 'PaymentCaptured']);
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, captured: amount });
  });

  it('without an answer is found by asking', async () => {
    await authorized();
    await shop.setFaults({ timeoutRate: 1, lateLandingMs: 10_000, webhookRate: 0 });
    await shop.command(shop.capturePayment(ours));
    await shop.setFaults({ timeoutRate: 0 });
    await shop.pass(60_000);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentCaptured']);
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, captured: amount });
  });

  it('without an answer until the deadline is released, and rejected to the saga', async () => {
    await authorized();
    await shop.setFaults({ timeoutRate: 1, lateLandingMs: 3_600_000, webhookRate: 0 });
    await shop.command(shop.capturePayment(ours));
    const pendingAt = (await shop.recorded(ours)).at(-1)?.recordedAt ?? 0;
    await shop.setFaults({ timeoutRate: 0 });
    await shop.pass(60_000);

    expect(await shop.heardTypes(ours)).toEqual([
      'PaymentApproved',
      'PaymentReleaseStarted',
      'PaymentReleased',
      'PaymentCaptureRejected',
    ]);
    const started = (await shop.recorded(ours)).find(({ type }) => type === 'PaymentReleaseStarted');
    expect(started?.recordedAt).toBe(pendingAt + unknownDeadlineMs);
    // What was under way lands void.
    await shop.pass(3_600_000);
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, voided: amount });
  });

  it('that landed and of which no question is answered until the deadline is refunded', async () => {
    await authorized();
    shop.setNetwork('answer-lost');
    await shop.command(shop.capturePayment(ours));
    await shop.pass(unknownDeadlineMs);
    shop.setNetwork(undefined);
    await shop.pass(60_000);

    expect(await shop.heardTypes(ours)).toEqual([
      'PaymentApproved',
      'PaymentReleaseStarted',
      'PaymentReleased',
      'PaymentCaptureRejected',
    ]);
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, captured: amount, refunded: amount });
    expect(await shop.payment(ours)).toMatchObject({ status: 'RELEASED', captured: amount, refunded: amount });

    // As by a saga that has missed the answer.
    await shop.command(shop.capturePayment(ours, 2));
    const heard = await shop.heard(ours);
    expect(heard.at(-1)).toEqual(heard.findLast(({ type }) => type === 'PaymentCaptureRejected'));
    expect(heard.at(-1)).toEqual(heard.at(-2));
  });
});
