import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { neighbour, ours, startPayment } from './payment.driver.ts';
import { amount, currency } from './payment.fixture.ts';

type Shop = Awaited<ReturnType<typeof startPayment>>;
const dayMs = 86_400_000;
const held = { authorized: amount, captured: 0, refunded: 0, voided: 0 };
const taken = { ...held, captured: amount };
const undone = { ...held, voided: amount };

let shop: Shop;
beforeEach(async () => {
  shop = await startPayment({ unknownDeadlineMs: 20_000 });
});
afterEach(() => shop.end());

const posts = (path: string) => shop.sent.filter((sent) => sent.method === 'POST' && sent.path === path);
const keysOf = (path: string) => new Set(posts(path).map(({ key }) => key));

describe('as it went wrong elsewhere: payments', () => {
  describe('the confirmation races the webhook', () => {
    it.each([
      ['the webhook comes first', 0, 600],
      ['the answer comes first', 600, 0],
      ['both at once', 300, 300],
    ])('%s: one approval, one capture', async (_name, webhookAfterMs, thinkMs) => {
      await shop.setFaults({ latencyMs: 300 + thinkMs, webhookRate: 0 });
      for (const [command, type] of [
        [shop.authorizePayment(ours), 'authorization.approved'],
        [shop.capturePayment(ours), 'capture.succeeded'],
      ] as const) {
        await shop.command(command);
        await Promise.all([
          shop.pass(webhookAfterMs).then(() => shop.webhook({ type, reference: ours }, { id: type })),
          shop.webhook({ type, reference: ours }, { id: `${type} again` }),
        ]);
        await shop.pass(60_000);
      }

      expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentCaptured']);
      expect(await shop.ledgerOf(ours)).toEqual(taken);
    });
  });

  it('a failure after the authorisation, then a retry: the money is held once, and taken once', async () => {
    const first = shop.authorizePayment(ours, { attempt: 1 });
    shop.crashAt({ answered: '/authorizations' });
    await shop.post(first);
    await shop.restart();
    // The saga has heard nothing and tries again; the bus hands over what was not recorded as well.
    await shop.command(first, shop.authorizePayment(ours, { attempt: 2 }));
    await shop.command(shop.capturePayment(ours));

    expect(new Set(await shop.heardTypes(ours))).toEqual(new Set(['PaymentApproved', 'PaymentCaptured']));
    expect(keysOf('/authorizations')).toEqual(new Set([`${ours}:authorize`]));
    expect(await shop.ledgerOf(ours)).toEqual(taken);
  });

  describe('a key is burnt by a call that failed', () => {
    it('at the provider: the same key succeeds later, and acts once', async () => {
      await shop.setFaults({ errorRate: 1, webhookRate: 0 });
      await shop.command(shop.authorizePayment(ours));
      await shop.pass(5_000);
      expect(await shop.heardTypes(ours)).toEqual([]);
      await shop.setFaults({ errorRate: 0 });
      await shop.pass(20_000);

      expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved']);
      expect(keysOf('/authorizations')).toEqual(new Set([`${ours}:authorize`]));
      expect(await shop.ledgerOf(ours)).toEqual(held);
    });

    it('on the way there: the next try carries the same key, and is the first that acts', async () => {
      shop.setNetwork('refused');
      await shop.command(shop.authorizePayment(ours, { attempt: 1 }));
      shop.setNetwork(undefined);
      await shop.command(shop.authorizePayment(ours, { attempt: 2 }));

      expect(await shop.heardTypes(ours)).toEqual(['PaymentUnavailable', 'PaymentApproved']);
      expect(keysOf('/authorizations')).toEqual(new Set([`${ours}:authorize`]));
      expect(await shop.ledgerOf(ours)).toEqual(held);
    });
  });

  describe('parallel mutations that all say OK', () => {
    it('a capture and a release at once: the release has the last word, and the money goes back', async () => {
      await shop.command(shop.authorizePayment(ours));
      await shop.setFaults({ latencyMs: 400 });
      await Promise.all([
        shop.command(shop.capturePayment(ours)),
        shop.command(shop.releasePayment(ours)),
        shop.webhook({ type: 'capture.succeeded', reference: ours }),
      ]);
      await shop.pass(60_000);

      const heard = await shop.heardTypes(ours);
      expect(heard.at(-1)).toBe('PaymentReleased');
      expect(heard.filter((type) => type === 'PaymentCaptured')).toEqual([]);
      const { authorized = 0, captured = 0, refunded = 0, voided = 0 } = (await shop.ledgerOf(ours)) ?? {};
      expect([authorized, captured - refunded, authorized - captured - voided]).toEqual([amount, 0, 0]);
    });

    it('a release and a capture at once: nothing is taken any more', async () => {
      await shop.command(shop.authorizePayment(ours));
      await Promise.all([shop.command(shop.releasePayment(ours)), shop.command(shop.capturePayment(ours))]);
      await shop.pass(60_000);

      expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentReleaseStarted', 'PaymentReleased']);
      expect(posts('/captures')).toEqual([]);
      expect(await shop.ledgerOf(ours)).toEqual(undone);
    });

    it('ten captures at once: one is made, and all are told of it', async () => {
      await shop.command(shop.authorizePayment(ours));
      const attempts = Array.from({ length: 10 }, (_, index) => index + 1);
      await Promise.all(attempts.map((attempt) => shop.command(shop.capturePayment(ours, attempt))));

      const [, first, ...others] = await shop.heard(ours);
      expect(first?.type).toBe('PaymentCaptured');
      expect(others).toEqual(Array.from({ length: 9 }, () => first));
      expect(posts('/captures')).toHaveLength(1);
      expect(await shop.ledgerOf(ours)).toEqual(taken);
    });
  });

  describe('two payment sessions on one order', () => {
    it.each([
      ['one after the other', 0],
      ['while the first one still waits for its answer', 1_000],
    ])('%s: the first is the order’s payment, the second token is not charged', async (_name, latencyMs) => {
      await shop.setFaults({ latencyMs, webhookRate: 0 });
      await shop.command(shop.authorizePayment(ours, { token: 'tok_approve', attempt: 1 }));
      await shop.command(shop.authorizePayment(ours, { token: 'tok_void_fails', attempt: 2 }));
      await shop.pass(60_000);
      await shop.command(shop.capturePayment(ours));
      await shop.pass(60_000);

      expect(new Set(await shop.heardTypes(ours))).toEqual(new Set(['PaymentApproved', 'PaymentCaptured']));
      expect(posts('/authorizations')).toHaveLength(1);
      expect(await shop.ledgerOf(ours)).toEqual(taken);
    });
  });

  /**
   * A new idempotency key is a new intent: two orders, and each is paid for once, in full. Nobody can tell a customer who
   * wants the same again from one whose answer was lost; who repeats a request repeats its key.
   */
  it('a lost response, submitted again with a new key: two orders, each authorised and captured once', async () => {
    await shop.command(shop.authorizePayment(ours), shop.authorizePayment(neighbour));
    await shop.command(shop.capturePayment(ours), shop.capturePayment(neighbour));

    for (const orderId of [ours, neighbour]) {
      expect(await shop.heardTypes(orderId)).toEqual(['PaymentApproved', 'PaymentCaptured']);
      expect(await shop.ledgerOf(orderId)).toEqual(taken);
    }
  });

  describe('a capture lands a day late', () => {
    const lateCapture = async () => {
      await shop.command(shop.authorizePayment(ours));
      await shop.setFaults({ timeoutRate: 1, lateLandingMs: dayMs });
      await shop.command(shop.capturePayment(ours));
      await shop.setFaults({ timeoutRate: 0, lateLandingMs: 0 });
    };

    it('behind the deadline: it was given up and voided long ago, and lands void', async () => {
      await lateCapture();
      await shop.pass(60_000);
      const rejected = ['PaymentApproved', 'PaymentReleaseStarted', 'PaymentReleased', 'PaymentCaptureRejected'];
      expect(await shop.heardTypes(ours)).toEqual(rejected);
      await shop.passLong(2 * dayMs);

      expect(await shop.heardTypes(ours)).toEqual(rejected);
      expect(await shop.ledgerOf(ours)).toEqual(undone);
    });

    it('before the deadline: it is found by asking, and was not sent again once the key was old', async () => {
      await shop.end();
      shop = await startPayment({ unknownDeadlineMs: 2 * dayMs });
      await lateCapture();
      const pendingAt = shop.clock.now();
      await shop.passLong(1.5 * dayMs);

      expect(await shop.heard(ours)).toMatchObject([
        { type: 'PaymentApproved' },
        { type: 'PaymentCaptured', data: { amount, currency } },
      ]);
      expect(Math.max(...posts('/captures').map(({ at }) => at)) - pendingAt).toBeLessThan(dayMs / 2);
      expect(keysOf('/captures')).toEqual(new Set([`${ours}:capture`]));
      expect(await shop.ledgerOf(ours)).toEqual(taken);
    });
  });

  it('a crash between the event and its timer: they are one row, and the next process goes on by it', async () => {
    await shop.setFaults({ timeoutRate: 1, lateLandingMs: 3_000, webhookRate: 0 });
    shop.crashAt({ recorded: 'AuthorizationPending' });
    await shop.post(shop.authorizePayment(ours));
    await shop.pass(1_000);
    await shop.setFaults({ timeoutRate: 0 });
    expect(await shop.rows(ours)).toEqual(['AuthorizationPending']);
    await shop.restart();
    expect(await shop.timerOf(ours)).toMatchObject({ kind: 'resolve', setByVersion: 1 });
    await shop.pass(30_000);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved']);
    expect(await shop.ledgerOf(ours)).toEqual(held);
  });
});
