import type { RawMessage } from '@checkout/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ours, startPayment } from './payment.driver.ts';
import { amount } from './payment.fixture.ts';

type Shop = Awaited<ReturnType<typeof startPayment>>;
const held = { authorized: amount, captured: 0, refunded: 0, voided: 0 };

let shop: Shop;
beforeEach(async () => {
  shop = await startPayment({ unknownDeadlineMs: 20_000 });
  // Nothing helps the next process but its own log and what it asks.
  await shop.setFaults({ webhookRate: 0 });
});
afterEach(() => shop.end());

const keys = () => new Set(shop.sent.flatMap(({ key }) => key ?? []));
/** The process is gone for a while; the bus hands over again what was not recorded. */
const crashedAndBack = async (...again: readonly RawMessage[]) => {
  await shop.pass(5_000);
  await shop.restart();
  if (again.length > 0) await shop.command(...again);
  await shop.pass(120_000);
};

describe('a process that ends', () => {
  it('before it calls the provider does so in its next life', async () => {
    const command = shop.authorizePayment(ours);
    shop.crashAt({ beforeSending: '/authorizations' });
    await shop.post(command);
    expect(await shop.ledgerOf(ours)).toBeUndefined();
    await crashedAndBack(command);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved']);
    expect(await shop.ledgerOf(ours)).toEqual(held);
  });

  it('after the provider authorised and before that is recorded authorises once', async () => {
    const command = shop.authorizePayment(ours);
    shop.crashAt({ answered: '/authorizations' });
    await shop.post(command);
    expect(await shop.ledgerOf(ours)).toEqual(held);
    expect(await shop.rows(ours)).toEqual([]);
    await crashedAndBack(command);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved']);
    expect(await shop.ledgerOf(ours)).toEqual(held);
    expect(keys()).toEqual(new Set([`${ours}:authorize`]));
  });

  it('after the provider captured and before that is recorded captures once', async () => {
    await shop.command(shop.authorizePayment(ours));
    const command = shop.capturePayment(ours);
    shop.crashAt({ answered: '/captures' });
    await shop.post(command);
    expect(await shop.rows(ours)).toEqual(['PaymentApproved']);
    await crashedAndBack(command);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentCaptured']);
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, captured: amount });
  });

  it.each([
    ['authorised', '/authorizations', 'PaymentApproved', held],
    ['captured', '/captures', 'PaymentCaptured', { ...held, captured: amount }],
  ] as const)(
    'after the provider %s, and is away for longer than the provider keeps keys, asks before it sends anything',
    async (_what, path, told, books) => {
      if (path === '/captures') await shop.command(shop.authorizePayment(ours));
      const command = path === '/captures' ? shop.capturePayment(ours) : shop.authorizePayment(ours);
      shop.crashAt({ answered: path });
      await shop.post(command);
      shop.clock.jump(25 * 3_600_000);
      await crashedAndBack(command);

      expect((await shop.heardTypes(ours)).at(-1)).toBe(told);
      expect(await shop.ledgerOf(ours)).toEqual(books);
      expect(shop.sent.filter((sent) => sent.method === 'POST' && sent.path.endsWith(path))).toHaveLength(1);
    },
  );

  it('before it captured, and is away for a day, captures when it is back', async () => {
    await shop.command(shop.authorizePayment(ours));
    const command = shop.capturePayment(ours);
    shop.clock.jump(25 * 3_600_000);
    await crashedAndBack(command);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentCaptured']);
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, captured: amount });
  });

  it('after the outcome is recorded and before the bus knows it is asked again and says nothing new', async () => {
    const command = shop.authorizePayment(ours);
    shop.crashAt({ recorded: 'PaymentApproved' });
    await shop.post(command);
    await crashedAndBack(command);

    expect(await shop.rows(ours)).toEqual(['PaymentApproved']);
    expect(shop.sent).toHaveLength(1);
  });

  it('while a slow authorisation is pending finds it by asking', async () => {
    await shop.setFaults({ latencyMs: 1_000 });
    const command = shop.authorizePayment(ours);
    await shop.command(command);
    expect(await shop.rows(ours)).toEqual(['AuthorizationPending']);
    shop.crash();
    await crashedAndBack(command);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved']);
    expect(await shop.ledgerOf(ours)).toEqual(held);
  });

  it('while a slow capture is pending finds it by asking', async () => {
    await shop.command(shop.authorizePayment(ours));
    await shop.setFaults({ latencyMs: 1_000 });
    await shop.command(shop.capturePayment(ours));
    shop.crash();
    await crashedAndBack();

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentCaptured']);
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, captured: amount });
  });

  it.each([
    ['has closed the door, before the provider hears of it', { recorded: 'PaymentReleaseStarted' }],
    ['is about to void', { beforeSending: '/voids' }],
    ['has voided, before it knows', { answered: '/voids' }],
    ['has voided, before that is recorded', { answered: `/payments/${ours}` }],
    ['has recorded the release', { recorded: 'PaymentReleased' }],
  ] as const)('when it %s finishes the release by its timer, with one void', async (_name, point) => {
    await shop.command(shop.authorizePayment(ours));
    const command = shop.releasePayment(ours);
    shop.crashAt(point);
    await shop.post(command);
    await crashedAndBack(command);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentApproved', 'PaymentReleaseStarted', 'PaymentReleased']);
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, voided: amount });
    expect(await shop.timerOf(ours)).toBeNull();
  });

  it.each([
    ['is about to refund', { beforeSending: '/refunds' }],
    ['has refunded, before it knows', { answered: '/refunds' }],
  ] as const)('when it %s finishes the release by its timer, with one refund', async (_name, point) => {
    await shop.command(shop.authorizePayment(ours), shop.capturePayment(ours));
    shop.crashAt(point);
    await shop.post(shop.releasePayment(ours));
    await crashedAndBack();

    expect((await shop.heard(ours)).at(-1)).toEqual({ type: 'PaymentReleased', data: { voided: 0, refunded: amount } });
    expect(await shop.ledgerOf(ours)).toEqual({ ...held, captured: amount, refunded: amount });
  });

  it('again and again, at every turn of a payment that nobody answers, still voids and declines it', async () => {
    await shop.command(shop.authorizePayment(ours, { token: 'tok_timeout_lost' }));
    for (let life = 0; life < 20; life += 1) {
      shop.crash();
      await shop.restart();
      await shop.pass(3_000);
    }
    await shop.pass(120_000);

    expect(await shop.heardTypes(ours)).toEqual(['PaymentReleaseStarted', 'PaymentDeclined']);
    expect(await shop.ledgerOf(ours)).toMatchObject({ authorized: 0, voided: 0 });
  });

  it('gives up no payment earlier for the time in which it was not there', async () => {
    await shop.command(shop.authorizePayment(ours, { token: 'tok_timeout_lost' }));
    shop.crash();
    await shop.pass(3_600_000);
    await shop.restart();
    await shop.pass(1_000);

    expect(await shop.heardTypes(ours)).toEqual([]);
  });
});
