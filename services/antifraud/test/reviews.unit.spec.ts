import { anOrder } from '@checkout/event-log/testing';
import { send } from '@checkout/http/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { neighbour, ours, startAntifraud } from './antifraud.driver.ts';

type Desk = Awaited<ReturnType<typeof startAntifraud>>;

let desk: Desk;
beforeEach(async () => {
  desk = await startAntifraud({ reviewTotalMinor: 100_000 });
});
afterEach(() => desk.end());

const inReview = () => desk.command(desk.assessFraud(ours, { userId: 'review-1' }));
type Page = { readonly items: readonly { readonly orderId: string }[]; readonly nextCursor: string | null };
const listed = async (query = '') => (await desk.reviews(query)).body as Page;

describe('an order in doubt', () => {
  it.each([
    ['approve', 'CLEARED', { type: 'FraudCleared', data: {} }],
    ['reject', 'REJECTED', { type: 'FraudRejected', data: { code: 'review-rejected' } }],
  ] as const)('is on the list until somebody says %s', async (decision, status, told) => {
    await inReview();
    expect((await listed()).items).toEqual([
      {
        orderId: ours,
        status: 'IN_REVIEW',
        reason: 'the bureau says review (score 65)',
        decidedBy: null,
        requestedAt: '2026-01-01T00:00:00.000Z',
      },
    ]);
    expect(await desk.decide(ours, decision)).toMatchObject({ status: 200, body: { orderId: ours, status } });

    expect((await desk.heard(ours)).at(-1)).toMatchObject(told);
    expect(await listed()).toEqual({ items: [], nextCursor: null });
  });

  it.each(['approve', 'reject'] as const)('that somebody decides by %s shows who it was', async (decision) => {
    await inReview();
    const decided = await desk.decide(ours, decision, { actor: 'j.doe' });
    const again = await desk.decide(ours, decision, { actor: 'somebody.else' });

    expect(decided).toMatchObject({ status: 200, body: { decidedBy: 'j.doe', reason: null } });
    expect(again.body).toEqual(decided.body);
    expect((await desk.review(ours)).body).toEqual(decided.body);
    expect(await desk.rows(ours)).toEqual(['FraudReviewRequested', 'ReviewDecided']);
    expect(JSON.stringify(await desk.heard(ours))).not.toContain('j.doe');
  });

  it('that somebody decides who does not say who it is shows nobody', async () => {
    await inReview();
    await desk.decide(ours, 'approve');
    expect((await desk.review(ours)).body).toMatchObject({ status: 'CLEARED', decidedBy: null });
  });

  it('that is asked for again after its review gets the reviewer’s answer again', async () => {
    await inReview();
    await desk.decide(ours, 'reject', { actor: 'j.doe' });
    await desk.command(desk.assessFraud(ours, { userId: 'review-1', attempt: 2 }));

    const [, first, again] = await desk.heard(ours);
    expect(again).toEqual(first);
  });

  it('that is decided twice alike is decided once', async () => {
    await inReview();
    const answers = await Promise.all([desk.decide(ours, 'approve'), desk.decide(ours, 'approve')]);

    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await desk.heardTypes(ours)).toEqual(['FraudReviewRequested', 'FraudCleared']);
  });

  it('that is decided differently by two people is decided by the first', async () => {
    await inReview();
    await desk.decide(ours, 'reject');
    expect(await desk.decide(ours, 'approve')).toMatchObject({ status: 409, body: { code: 'review-decided' } });
    expect(await desk.heardTypes(ours)).toEqual(['FraudReviewRequested', 'FraudRejected']);
  });

  it('is said again until somebody decides it, whenever its age has doubled, and at least every six hours', async () => {
    await inReview();
    const said = async () => (await desk.heard(ours)).length;
    for (const [afterMs, times] of [
      [59_000, 1],
      [2_000, 2],
      [60_000, 3],
      [120_000, 4],
      [86_400_000, 13],
    ] as const) {
      await desk.pass(afterMs);
      expect(await said()).toBe(times);
    }
    const heard = await desk.heard(ours);
    expect(heard.at(-1)).toEqual(heard[0]);
    expect((await listed()).items).toHaveLength(1);

    await desk.decide(ours, 'approve');
    expect(await desk.timerOf(ours)).toBeNull();
  });

  it('whose order ended is withdrawn, and nobody can decide it any more', async () => {
    await inReview();
    await desk.command(desk.withdrawReview(ours));

    expect(await listed()).toEqual({ items: [], nextCursor: null });
    expect(await desk.decide(ours, 'approve')).toMatchObject({ status: 409, body: { code: 'review-decided' } });
    expect(await desk.rows(ours)).toEqual(['FraudReviewRequested', 'ReviewWithdrawn']);
    expect(await desk.timerOf(ours)).toBeNull();
  });

  it.each([
    ['while the bureau is still asked', ['AssessmentPending', 'ReviewWithdrawn']],
    ['before it is assessed', ['ReviewWithdrawn', 'Noted']],
  ])('that is withdrawn %s never comes to the list', async (when, rows) => {
    await desk.setFaults({ latencyMs: 1_000 });
    const assessed = desk.assessFraud(ours, { userId: 'review-1' });
    if (when.startsWith('before')) await desk.command(desk.withdrawReview(ours), assessed);
    else await desk.command(assessed, desk.withdrawReview(ours));
    await desk.pass(60_000);

    expect(await desk.rows(ours)).toEqual(rows);
    expect(await listed()).toEqual({ items: [], nextCursor: null });
    expect(await desk.timerOf(ours)).toBeNull();
  });

  it('that is withdrawn after its decision stays decided', async () => {
    await inReview();
    await desk.decide(ours, 'approve');
    await desk.command(desk.withdrawReview(ours));
    expect((await desk.rows(ours)).at(-1)).toBe('Noted');
    expect(await desk.decide(ours, 'approve')).toMatchObject({ status: 200 });
  });

  it('is so by its total, whatever the bureau says', async () => {
    await desk.command(
      desk.assessFraud(ours, { amount: 100_000 }),
      desk.assessFraud(neighbour, { amount: 99_999 }),
      desk.assessFraud(anOrder(0, 3), { amount: 100_000, userId: 'fraud-1' }),
    );

    expect(await desk.heard(ours)).toEqual([
      { type: 'FraudReviewRequested', data: { reason: 'the total is at least 100000 minor units' } },
    ]);
    expect(await desk.heardTypes(neighbour)).toEqual(['FraudCleared']);
    expect(await desk.heardTypes(anOrder(0, 3))).toEqual(['FraudRejected']);
  });
});

it('is decided once, also when a second decision has the request id of the first', async () => {
  await desk.command(desk.assessFraud(ours, { userId: 'review-1' }));
  const decide = (decision: string) =>
    send(desk.app(), 'POST', `/v1/reviews/${ours}/${decision}`, { headers: { 'X-Request-Id': 'twice' } });

  expect(await decide('approve')).toMatchObject({ status: 200, body: { status: 'CLEARED' } });
  expect(await decide('reject')).toMatchObject({ status: 409, body: { code: 'review-decided' } });
  expect(await decide('approve')).toMatchObject({ status: 200, body: { status: 'CLEARED' } });
});

describe('an order that nobody looked at', () => {
  it('shows what the rules decided', async () => {
    await desk.command(desk.assessFraud(ours));
    expect((await desk.review(ours)).body).toMatchObject({ orderId: ours, status: 'CLEARED', decidedBy: null });
  });

  it('is not found when nobody knows it', async () => {
    expect(await desk.review(anOrder(1, 77))).toMatchObject({ status: 404, body: { code: 'review-not-found' } });
  });
});

describe('a decision on what is not in doubt is refused', () => {
  it('when nobody knows the order', async () => {
    expect(await desk.decide(anOrder(1, 77), 'approve')).toMatchObject({
      status: 404,
      body: { code: 'review-not-found' },
    });
  });

  it('while the bureau is still asked', async () => {
    await desk.setFaults({ latencyMs: 1_000 });
    await desk.command(desk.assessFraud(ours));
    expect(await desk.decide(ours, 'approve')).toMatchObject({ status: 404, body: { code: 'review-not-found' } });
    await desk.pass(5_000);
  });

  it('when the rules have decided it otherwise', async () => {
    await desk.command(desk.assessFraud(ours, { userId: 'fraud-1' }));
    expect(await desk.decide(ours, 'approve')).toMatchObject({ status: 409, body: { code: 'review-decided' } });
    expect(await desk.heardTypes(ours)).toEqual(['FraudRejected']);
  });

  it('when its id is none', async () => {
    expect(await desk.decide('o-1', 'approve')).toMatchObject({ status: 404 });
  });
});

describe('the list', () => {
  const many = Array.from({ length: 7 }, (_, index) => anOrder(0, 10 + index));
  beforeEach(async () => {
    await desk.command(...many.map((orderId) => desk.assessFraud(orderId, { userId: 'review-1' })));
  });

  it('is walked page by page, the newest first, each order once', async () => {
    const seen: string[] = [];
    let query = '?limit=3';
    for (;;) {
      const { items, nextCursor } = await listed(query);
      seen.push(...items.map(({ orderId }) => orderId));
      if (nextCursor === null) break;
      query = `?limit=3&cursor=${nextCursor}`;
    }
    expect(seen).toEqual(many.toSorted().toReversed());
  });

  it.each(['?limit=0', '?limit=101', '?limit=many', '?cursor=nonsense', '?status=CLEARED'])(
    'refuses %s',
    async (query) => {
      expect(await desk.reviews(query)).toMatchObject({ status: 422 });
    },
  );
});
