import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { neighbour, ours, startAntifraud } from './antifraud.driver.ts';

type Desk = Awaited<ReturnType<typeof startAntifraud>>;

let desk: Desk;
beforeEach(async () => {
  desk = await startAntifraud();
});
afterEach(() => desk.end());

describe('an assessment', () => {
  it.each([
    ['u-1', 'FraudCleared', {}],
    ['fraud-1', 'FraudRejected', { code: 'fraud-rejected', detail: 'the bureau says reject (score 95)' }],
    ['review-1', 'FraudReviewRequested', { reason: 'the bureau says review (score 65)' }],
  ])('of %s is told as %s', async (userId, type, data) => {
    await desk.command(desk.assessFraud(ours, { userId }));
    expect(await desk.heard(ours)).toEqual([{ type, data }]);
  });

  it.each(['u-1', 'fraud-1', 'review-1'])(
    'of %s that is asked for again gets its answer again, and the bureau is left alone',
    async (userId) => {
      await desk.command(desk.assessFraud(ours, { userId, attempt: 1 }));
      await desk.command(desk.assessFraud(ours, { userId, attempt: 2 }));

      const [first, again] = await desk.heard(ours);
      expect(again).toEqual(first);
      expect(desk.sent).toHaveLength(1);
    },
  );

  it('that the bus hands over twice is made once', async () => {
    const command = desk.assessFraud(ours);
    await desk.command(command, command);
    await desk.command(command);
    expect(await desk.rows(ours)).toEqual(['FraudCleared']);
  });

  it.each([
    ['cannot be reached', async () => desk.setNetwork('refused'), 'connect-failed'],
    ['limits us', () => desk.setFaults({ rateLimitRate: 1 }), expect.any(String) as string],
    ['fails', () => desk.setFaults({ errorRate: 1 }), expect.any(String) as string],
    [
      'says what nobody understands',
      async () => desk.setAnswers((body) => body.replace('approve', 'perhaps')),
      expect.any(String) as string,
    ],
  ])('is unavailable when the bureau %s, and the next try can succeed', async (_name, breaks, reason) => {
    await breaks();
    await desk.command(desk.assessFraud(ours, { attempt: 1 }));
    await desk.pass(30_000);
    expect(await desk.heard(ours)).toEqual([{ type: 'FraudUnavailable', data: { attempt: 1, reason } }]);
    expect(await desk.timerOf(ours)).toBeNull();

    desk.setNetwork(undefined);
    desk.setAnswers((body) => body);
    await desk.setFaults({ rateLimitRate: 0, errorRate: 0 });
    await desk.pass(60_000);
    await desk.command(desk.assessFraud(ours, { attempt: 2 }));
    expect((await desk.heardTypes(ours)).at(-1)).toBe('FraudCleared');
  });

  it('carries one key, at every try and in every call', async () => {
    desk.setNetwork('answer-lost');
    await desk.command(desk.assessFraud(ours, { attempt: 1 }));
    await desk.pass(30_000);
    desk.setNetwork(undefined);
    await desk.command(desk.assessFraud(ours, { attempt: 2 }));

    expect(desk.sent.length).toBeGreaterThan(2);
    expect(new Set(desk.sent.map(({ key }) => key))).toEqual(new Set([`${ours}:score`]));
  });
});

describe('a slow assessment', () => {
  it('is pending after 250 ms, and its late answer is recorded once', async () => {
    await desk.setFaults({ latencyMs: 1_000 });
    const startedAt = desk.clock.monotonic();
    await desk.command(desk.assessFraud(ours));
    expect(desk.clock.monotonic() - startedAt).toBeLessThanOrEqual(300);
    expect(await desk.rows(ours)).toEqual(['AssessmentPending']);

    await desk.pass(800);
    expect(await desk.rows(ours)).toEqual(['AssessmentPending', 'FraudCleared']);
    await desk.pass(60_000);
    expect(await desk.heardTypes(ours)).toEqual(['FraudCleared']);
    expect(await desk.timerOf(ours)).toBeNull();
  });

  it('that is asked for again meanwhile is not sent again', async () => {
    await desk.setFaults({ latencyMs: 1_000 });
    await desk.command(desk.assessFraud(ours, { attempt: 1 }));
    await desk.command(desk.assessFraud(ours, { attempt: 2 }));
    await desk.pass(4_000);

    expect(desk.sent).toHaveLength(1);
    expect(await desk.heardTypes(ours)).toEqual(['FraudCleared']);
  });

  it('holds up no other order of its batch', async () => {
    desk.setNetwork('black-hole', ({ body }) => body?.includes(ours) ?? false);
    await desk.command(desk.assessFraud(ours), desk.assessFraud(neighbour));

    expect(await desk.heardTypes(neighbour)).toEqual(['FraudCleared']);
    expect(await desk.rows(ours)).toEqual(['AssessmentPending']);
  });

  it('that nobody ever answers is told as unavailable, to the try that asked', async () => {
    desk.setNetwork('black-hole');
    await desk.command(desk.assessFraud(ours, { attempt: 7 }));
    await desk.pass(60_000);

    expect(await desk.heard(ours)).toMatchObject([{ type: 'FraudUnavailable', data: { attempt: 7 } }]);
    expect(await desk.timerOf(ours)).toBeNull();
  });

  it('does not keep the service from stopping, and the next process asks again', async () => {
    desk.setNetwork('black-hole');
    await desk.command(desk.assessFraud(ours));
    const startedAt = desk.clock.monotonic();
    await desk.stop();
    expect(desk.clock.monotonic() - startedAt).toBeLessThanOrEqual(200);
    expect(await desk.rows(ours)).toEqual(['AssessmentPending']);

    desk.setNetwork(undefined);
    await desk.restart();
    await desk.pass(10_000);
    expect(await desk.heardTypes(ours)).toEqual(['FraudCleared']);
  });
});

describe('a process that ends', () => {
  it.each([
    ['before it asks the bureau', { beforeSending: '/scores' }],
    ['after the bureau answered and before that is recorded', { answered: '/scores' }],
    ['after the answer is recorded and before the bus knows', { recorded: 'FraudCleared' }],
  ] as const)('%s tells the outcome once', async (_name, point) => {
    const command = desk.assessFraud(ours);
    desk.crashAt(point);
    await desk.post(command);
    await desk.pass(5_000);
    await desk.restart();
    await desk.command(command);
    await desk.pass(30_000);

    expect(await desk.rows(ours)).toEqual(['FraudCleared']);
  });
});

it('nothing that is logged names a user', async () => {
  await desk.setFaults({ errorRate: 0.5 });
  await desk.command(desk.assessFraud(ours, { userId: 'review-somebody' }));
  await desk.decide(ours, 'approve');
  expect(JSON.stringify(desk.logger.lines)).not.toContain('somebody');
});
