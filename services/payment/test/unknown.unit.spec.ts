import { afterEach, describe, expect, it } from 'vitest';
import { ours, startPayment } from './payment.driver.ts';
import { amount, currency } from './payment.fixture.ts';

type Shop = Awaited<ReturnType<typeof startPayment>>;
const unknownDeadlineMs = 20_000;
const held = { authorized: amount, captured: 0, refunded: 0, voided: 0 };
const zeros = { authorized: 0, captured: 0, refunded: 0, voided: 0 };

let shop: Shop;
afterEach(() => shop.end());

/** An authorisation that lands this late, of which no webhook tells. */
const lateBy = async (lateLandingMs: number, options: { readonly unknownDeadlineMs?: number } = {}) => {
  shop = await startPayment({ unknownDeadlineMs, ...options });
  await shop.setFaults({ timeoutRate: 1, lateLandingMs, webhookRate: 0 });
  await shop.command(shop.authorizePayment(ours));
  // Questions would go unanswered as well.
  await shop.setFaults({ timeoutRate: 0 });
  expect(await shop.rows(ours)).toEqual(['AuthorizationPending']);
  return { pendingAtMs: (await shop.recorded(ours))[0]?.recordedAt ?? 0 };
};
const paths = (method: string) => shop.sent.filter((sent) => sent.method === method).map(({ path }) => path);

describe('an authorisation without an answer', () => {
  it('that lands while the call still waits is told by the call', async () => {
    shop = await startPayment({ unknownDeadlineMs });
    await shop.setFaults({ webhookRate: 0 });
    await shop.command(shop.authorizePayment(ours, { token: 'tok_timeout_lands' }));
    await shop.pass(60_000);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved']);
    expect(await shop.ledgerOf(ours)).toEqual(held);
  });

  it('that lands later is found by asking, once', async () => {
    await lateBy(10_000);
    await shop.pass(60_000);

    expect(await shop.heard(ours)).toEqual([
      { type: 'PaymentApproved', data: { authorizationId: expect.any(String), amount, currency } },
    ]);
    expect(await shop.ledgerOf(ours)).toEqual(held);
    expect(paths('GET').length).toBeGreaterThan(0);
    expect(await shop.timerOf(ours)).toBeNull();
  });

  it('that lands later is asked for at once when a webhook says so', async () => {
    await lateBy(12_000);
    await shop.setFaults({ webhookRate: 1 });
    await shop.pass(11_700);
    expect(await shop.heardTypes(ours)).toEqual([]);
    await shop.pass(100);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved']);
  });

  it('is told of once when webhooks, the call and the timer all come with it', async () => {
    shop = await startPayment({ unknownDeadlineMs });
    await shop.setFaults({ duplicateWebhookRate: 1 });
    await shop.command(shop.authorizePayment(ours, { token: 'tok_timeout_lands' }));
    await shop.pass(60_000);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved']);
    expect(await shop.ledgerOf(ours)).toEqual(held);
  });

  it('that never lands is voided by key at exactly the deadline, and declined', async () => {
    // Short enough for the breaker to stay closed while nothing else is asked of the provider.
    const deadlineMs = 4_000;
    shop = await startPayment({ unknownDeadlineMs: deadlineMs });
    await shop.command(shop.authorizePayment(ours, { token: 'tok_timeout_lost' }));
    await shop.pass(deadlineMs - 1_000);
    expect(paths('POST')).not.toContain('/voids');
    await shop.pass(60_000);

    const [pending, ...rest] = await shop.recorded(ours);
    const started = rest.find(({ type }) => type === 'PaymentReleaseStarted');
    expect(started?.recordedAt).toBe((pending?.recordedAt ?? 0) + deadlineMs);
    const voids = shop.sent.filter(({ path }) => path === '/voids');
    expect(voids).toMatchObject([{ key: `${ours}:void`, at: started?.recordedAt }]);
    expect(await shop.heard(ours)).toMatchObject([
      { type: 'PaymentReleaseStarted' },
      { type: 'PaymentDeclined', data: { code: 'payment-outcome-unknown' } },
    ]);
    expect(await shop.ledgerOf(ours)).toEqual(zeros);
    expect(await shop.payment(ours)).toMatchObject({ status: 'DECLINED', ...zeros });
  });

  it('that lands behind its void is void', async () => {
    await lateBy(unknownDeadlineMs + 60_000);
    await shop.pass(unknownDeadlineMs + 30_000);
    expect(await shop.heardTypes(ours)).toEqual(['PaymentReleaseStarted', 'PaymentDeclined']);
    await shop.pass(60_000);

    expect(await shop.ledgerOf(ours)).toEqual(zeros);
    expect(await shop.heardTypes(ours)).toEqual(['PaymentReleaseStarted', 'PaymentDeclined']);
  });

  it('that lands between the last question and the void is not reported any more, and voided', async () => {
    // The door closes 250 ms later than the deadline after the request, which is when the batch stopped waiting.
    const { pendingAtMs } = await lateBy(unknownDeadlineMs + 1_000);
    await shop.pass(unknownDeadlineMs - 1_000);
    await shop.setFaults({ latencyMs: 1_900 });
    await shop.pass(120_000);

    expect(await shop.heard(ours)).toMatchObject([
      { type: 'PaymentReleaseStarted' },
      { type: 'PaymentDeclined', data: { code: 'payment-outcome-unknown' } },
    ]);
    expect((await shop.recorded(ours)).find(({ type }) => type === 'PaymentReleaseStarted')?.recordedAt).toBe(
      pendingAtMs + unknownDeadlineMs,
    );
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, voided: amount });
  });

  it('is not declined before the void is answered, however long that takes', async () => {
    await lateBy(3_600_000);
    shop.setNetwork('black-hole', ({ url }) => url.endsWith('/voids'));
    await shop.pass(300_000);
    expect(await shop.heardTypes(ours)).toEqual(['PaymentReleaseStarted']);
    expect(paths('POST').filter((path) => path === '/voids').length).toBeGreaterThan(10);

    shop.setNetwork(undefined);
    await shop.pass(60_000);
    expect(await shop.heardTypes(ours)).toEqual(['PaymentReleaseStarted', 'PaymentDeclined']);
    await shop.pass(3_600_000);
    expect(await shop.ledgerOf(ours)).toEqual(zeros);
  });

  it('that cannot be voided either is unavailable to a saga that asks again, and is still voided in the end', async () => {
    await lateBy(3_600_000);
    await shop.setFaults({ errorRate: 1 });
    await shop.command(shop.authorizePayment(ours, { attempt: 2 }));
    expect(await shop.heard(ours)).toEqual([]);
    await shop.pass(300_000);
    await shop.command(shop.authorizePayment(ours, { attempt: 3 }));
    expect((await shop.heard(ours)).slice(1)).toEqual([
      { type: 'PaymentUnavailable', data: { attempt: 3, operation: 'authorize', reason: 'not voided' } },
    ]);
    expect(await shop.timerOf(ours)).toMatchObject({ kind: 'release' });

    await shop.setFaults({ errorRate: 0 });
    await shop.pass(60_000);
    expect((await shop.heardTypes(ours)).at(-1)).toBe('PaymentDeclined');
    expect(await shop.ledgerOf(ours)).toEqual(zeros);
  });

  it('is asked for, and sent again with its key, as long as the provider surely knows the key', async () => {
    shop = await startPayment({ unknownDeadlineMs: 24 * 3_600_000 });
    shop.setNetwork('black-hole', ({ method }) => method === 'POST');
    await shop.command(shop.authorizePayment(ours));
    await shop.pass(120_000);
    const sent = paths('POST').length;
    expect(sent).toBeGreaterThan(3);

    shop.clock.jump(12 * 3_600_000);
    await shop.pass(120_000);
    expect(paths('POST')).toHaveLength(sent);
    expect(paths('GET').length).toBeGreaterThan(5);
    expect(await shop.heardTypes(ours)).toEqual([]);
  });

  it('for a day does not fill the log, and is voided at the deadline', async () => {
    const deadlineMs = 24 * 3_600_000;
    shop = await startPayment({ unknownDeadlineMs: deadlineMs });
    shop.setNetwork('black-hole');
    await shop.command(shop.authorizePayment(ours));
    await shop.passLong(deadlineMs - 60_000);
    expect((await shop.rows(ours)).length).toBeLessThan(250);
    expect(await shop.heardTypes(ours)).toEqual([]);
    shop.setNetwork(undefined);
    await shop.passLong(deadlineMs);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentReleaseStarted', 'PaymentDeclined']);
    expect(await shop.ledgerOf(ours)).toEqual(zeros);
  });

  it('is settled by what the provider answers when it is sent again', async () => {
    shop = await startPayment({ unknownDeadlineMs });
    // Lost on the way: the provider never hears of the first call.
    shop.setNetwork('black-hole', ({ method }) => method === 'POST');
    await shop.command(shop.authorizePayment(ours, { token: 'tok_insufficient_funds' }));
    await shop.pass(9_000);
    shop.setNetwork(undefined);
    await shop.pass(20_000);

    expect(await shop.heard(ours)).toMatchObject([{ type: 'PaymentDeclined', data: { code: 'insufficient-funds' } }]);
    expect(new Set(shop.sent.flatMap(({ key }) => key ?? []))).toEqual(new Set([`${ours}:authorize`]));
  });
});
