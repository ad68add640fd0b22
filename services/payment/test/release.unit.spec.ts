import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ours, startPayment } from './payment.driver.ts';
import { amount } from './payment.fixture.ts';

type Shop = Awaited<ReturnType<typeof startPayment>>;
const held = { authorized: amount, captured: 0, refunded: 0, voided: 0 };
const zeros = { authorized: 0, captured: 0, refunded: 0, voided: 0 };
const lateMs = 1_200_000;

let shop: Shop;
beforeEach(async () => {
  shop = await startPayment({ unknownDeadlineMs: 900_000 });
});
afterEach(() => shop.end());

const posts = (path: string) => shop.sent.filter((sent) => sent.path === path);
/** The command, and what follows from it behind the batch. */
const released = async (attempt = 1) => {
  await shop.command(shop.releasePayment(ours, attempt));
  await shop.pass(1_000);
};

describe('a release', () => {
  it('of an authorisation voids it', async () => {
    await shop.command(shop.authorizePayment(ours));
    await released();

    expect(await shop.heard(ours)).toMatchObject([
      { type: 'PaymentApproved' },
      { type: 'PaymentReleaseStarted' },
      { type: 'PaymentReleased', data: { voided: amount, refunded: 0 } },
    ]);
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, voided: amount });
    expect(await shop.payment(ours)).toMatchObject({ status: 'RELEASED', voided: amount });
    expect(await shop.timerOf(ours)).toBeNull();
  });

  it('of a capture refunds it', async () => {
    await shop.command(shop.authorizePayment(ours), shop.capturePayment(ours));
    await released();

    expect((await shop.heard(ours)).at(-1)).toEqual({ type: 'PaymentReleased', data: { voided: 0, refunded: amount } });
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, captured: amount, refunded: amount });
    expect(posts('/voids')).toEqual([]);
  });

  it('of nothing leaves a tombstone at the provider: an authorisation that comes later is void', async () => {
    await released();
    expect(await shop.heardTypes(ours)).toEqual(['PaymentReleaseStarted', 'PaymentReleased']);
    expect(await shop.ledgerOf(ours)).toEqual(zeros);

    // Late, and out of turn: the saga would not send it any more.
    await shop.command(shop.authorizePayment(ours));
    expect(await shop.heardTypes(ours)).toHaveLength(2);
    expect((await shop.rows(ours)).at(-1)).toBe('Noted');
    expect(await shop.ledgerOf(ours)).toEqual(zeros);
  });

  it('of a declined payment is confirmed', async () => {
    await shop.command(shop.authorizePayment(ours, { token: 'tok_decline' }));
    await released();
    expect((await shop.heard(ours)).at(-1)).toEqual({ type: 'PaymentReleased', data: { voided: 0, refunded: 0 } });
  });

  it('that is asked for again is answered again', async () => {
    await shop.command(shop.authorizePayment(ours));
    await released(1);
    const calls = shop.sent.length;
    await released(2);

    const heard = await shop.heard(ours);
    expect(heard.slice(2)).toEqual([heard[2], heard[2]]);
    expect((await shop.rows(ours)).at(-1)).toBe('AnswerRepeated');
    expect(shop.sent).toHaveLength(calls);
  });

  it('closes the door in the log before the provider hears of it', async () => {
    await shop.command(shop.authorizePayment(ours));
    await shop.setFaults({ latencyMs: 1_000 });
    await shop.command(shop.releasePayment(ours));

    expect(await shop.rows(ours)).toEqual(['PaymentApproved', 'PaymentReleaseStarted']);
    expect(await shop.timerOf(ours)).toMatchObject({ kind: 'release' });
    expect(await shop.ledgerOf(ours)).toEqual(held);
  });
});

describe('what is still under way when the door is closed', () => {
  it('is not reported when it comes, and is void', async () => {
    await shop.setFaults({ latencyMs: 1_000 });
    await shop.command(shop.authorizePayment(ours));
    // The authorisation lands in the moment in which the void is on its way.
    await shop.command(shop.releasePayment(ours));
    await shop.pass(60_000);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentReleaseStarted', 'PaymentReleased']);
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, voided: amount });
    expect(await shop.payment(ours)).toMatchObject({ status: 'RELEASED', authorized: amount, voided: amount });
  });

  it('lands void when the void was faster', async () => {
    await shop.setFaults({ timeoutRate: 1, lateLandingMs: lateMs, webhookRate: 0 });
    await shop.command(shop.authorizePayment(ours));
    await shop.setFaults({ timeoutRate: 0 });
    await released();
    expect(await shop.heardTypes(ours)).toEqual(['PaymentReleaseStarted', 'PaymentReleased']);

    await shop.pass(lateMs);
    expect(await shop.ledgerOf(ours)).toEqual(zeros);
    expect(await shop.heardTypes(ours)).toHaveLength(2);
  });

  it.each([
    ['landed, and nobody heard of it', 0, { ...held, captured: amount, refunded: amount }],
    ['has not landed yet', lateMs, { ...held, voided: amount }],
  ])('is undone when it is a capture that %s', async (_name, lateLandingMs, ledger) => {
    await shop.command(shop.authorizePayment(ours));
    if (lateLandingMs === 0) shop.setNetwork('answer-lost');
    else await shop.setFaults({ timeoutRate: 1, lateLandingMs, webhookRate: 0 });
    await shop.command(shop.capturePayment(ours));
    shop.setNetwork(undefined);
    await shop.setFaults({ timeoutRate: 0 });
    await released();

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentReleaseStarted', 'PaymentReleased']);
    await shop.pass(2 * lateMs);
    expect(await shop.ledgerOf(ours)).toEqual(ledger);
    expect(await shop.heardTypes(ours)).toHaveLength(3);
  });

  it('is not brought back by a webhook', async () => {
    await shop.command(shop.authorizePayment(ours));
    shop.setNetwork('black-hole', ({ url }) => url.endsWith('/voids'));
    await shop.command(shop.releasePayment(ours));
    await shop.webhook({ type: 'authorization.approved', reference: ours });
    await shop.pass(500);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentReleaseStarted']);
  });
});

describe('a void that keeps failing', () => {
  beforeEach(() => shop.command(shop.authorizePayment(ours, { token: 'tok_void_fails' })));

  it('is told to each try that asked, and our own timer rests', async () => {
    await released(1);
    expect((await shop.heard(ours)).at(-1)).toMatchObject({
      type: 'PaymentUnavailable',
      data: { attempt: 1, operation: 'release', reason: 'void: status-500' },
    });
    expect(await shop.timerOf(ours)).toBeNull();
    const voids = posts('/voids').length;
    await shop.pass(600_000);
    expect(posts('/voids')).toHaveLength(voids);

    await released(2);
    expect(await shop.heard(ours)).toMatchObject([
      { type: 'PaymentApproved' },
      { type: 'PaymentReleaseStarted' },
      { type: 'PaymentUnavailable', data: { attempt: 1 } },
      { type: 'PaymentUnavailable', data: { attempt: 2 } },
    ]);
    expect(await shop.ledgerOf(ours)).toEqual(held);
  });

  it('succeeds when the provider is well again and somebody asks', async () => {
    await released(1);
    await shop.setFaults({ voidFails: false });
    await released(2);

    expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentReleased', data: { voided: amount } });
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, voided: amount });
    expect(new Set(posts('/voids').map(({ key }) => key))).toEqual(new Set([`${ours}:void`]));
  });

  it('that is a refund is told as well', async () => {
    await shop.command(shop.capturePayment(ours));
    await released(1);
    expect((await shop.heard(ours)).at(-1)).toMatchObject({
      type: 'PaymentUnavailable',
      data: { attempt: 1, operation: 'release', reason: 'refund: status-500' },
    });
    await shop.setFaults({ voidFails: false });
    await released(2);
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, captured: amount, refunded: amount });
  });
});

it('a provider that cannot even be reached is tried on our own timer before the saga hears of it', async () => {
  await shop.command(shop.authorizePayment(ours));
  shop.setNetwork('refused');
  await released(1);
  await shop.pass(30_000);
  expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentReleaseStarted']);
  expect(await shop.timerOf(ours)).toMatchObject({ kind: 'release' });

  shop.setNetwork(undefined);
  await shop.pass(60_000);
  expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentReleased', data: { voided: amount } });
});

it('a provider that stays out of reach is told in the end, each time somebody asks', async () => {
  await shop.command(shop.authorizePayment(ours));
  shop.setNetwork('refused');
  await released(1);
  await shop.pass(600_000);
  await released(2);

  expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentUnavailable', data: { attempt: 2 } });
  shop.setNetwork(undefined);
  await shop.pass(60_000);
  await released(3);
  expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentReleased' });
});

it('a release that the process stops over is told to nobody, and finished by its timer', async () => {
  await shop.command(shop.authorizePayment(ours));
  shop.setNetwork('black-hole');
  await shop.command(shop.releasePayment(ours));
  await shop.pass(500);
  const stopped = shop.service().stop();
  await shop.pass(100);
  await stopped;
  expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentReleaseStarted']);
  expect(await shop.timerOf(ours)).toMatchObject({ kind: 'release' });

  shop.setNetwork(undefined);
  await shop.restart();
  await shop.pass(30_000);
  expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentReleaseStarted', 'PaymentReleased']);
});

describe('to verify a release', () => {
  const verified = async (attempt = 1) => {
    await shop.command(shop.verifyReleased(ours, attempt));
    await shop.pass(1_000);
  };

  it('asks, changes nothing at the provider, and believes its word', async () => {
    await shop.command(shop.authorizePayment(ours, { token: 'tok_void_fails' }));
    await released(1);
    await verified(2);
    expect((await shop.heard(ours)).at(-1)).toMatchObject({
      type: 'PaymentUnavailable',
      data: { attempt: 2, operation: 'release', reason: 'the provider still holds money' },
    });
    expect(await shop.ledgerOf(ours)).toEqual(held);

    // Somebody settles it at the provider by hand.
    await shop.setFaults({ voidFails: false });
    await shop.settleByHand(ours);
    const voids = posts('/voids').length;
    await verified(3);
    expect((await shop.heard(ours)).at(-1)).toEqual({ type: 'PaymentReleased', data: { voided: amount, refunded: 0 } });
    expect(posts('/voids')).toHaveLength(voids);
    expect(await shop.payment(ours)).toMatchObject({ status: 'RELEASED', voided: amount });
  });

  it('of one that is confirmed says so again', async () => {
    await shop.command(shop.authorizePayment(ours));
    await released(1);
    await verified(2);
    const heard = await shop.heard(ours);
    expect(heard.at(-1)).toEqual(heard.at(-2));
  });

  it('proves nothing while the provider is away', async () => {
    await shop.command(shop.authorizePayment(ours));
    shop.setNetwork('refused');
    await verified(1);
    expect((await shop.heard(ours)).at(-1)).toMatchObject({ type: 'PaymentUnavailable', data: { attempt: 1 } });
    expect(await shop.payment(ours)).toMatchObject({ status: 'AUTHORIZED' });
  });
});
