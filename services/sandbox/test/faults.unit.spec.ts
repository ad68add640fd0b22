import { describe, expect, test } from 'vitest';
import { startSandbox } from './sandbox.driver.ts';

const dropAfterMs = 30_000;

describe('the fault settings', () => {
  const calm = {
    timeoutRate: 0,
    lostRate: 0,
    errorRate: 0,
    rateLimitRate: 0,
    latencyMs: 0,
    lateLandingMs: 0,
    down: false,
  };
  const defaults = {
    psp: { ...calm, webhookRate: 1, duplicateWebhookRate: 0, webhookDelayMs: 0, voidFails: true, wrongAmountRate: 0 },
    carrier: { ...calm, webhookRate: 1, duplicateWebhookRate: 0, webhookDelayMs: 0 },
    bureau: calm,
  };

  test('are all off at first', async () => {
    const world = await startSandbox();

    expect(await world.ask('GET', '/faults')).toMatchObject({ status: 200, body: defaults });
  });

  test('change in the parts that are named, and are reset as a whole', async () => {
    const world = await startSandbox();
    await world.setFaults({ psp: { timeoutRate: 0.2 } });

    expect(await world.setFaults({ psp: { errorRate: 0.1 }, bureau: { down: true } })).toMatchObject({
      status: 200,
      body: {
        ...defaults,
        psp: { ...defaults.psp, timeoutRate: 0.2, errorRate: 0.1 },
        bureau: { ...calm, down: true },
      },
    });
    expect(await world.ask('DELETE', '/faults')).toMatchObject({ status: 200, body: defaults });
  });

  test.each([
    { psp: { timeoutRate: 1.1 } },
    { psp: { timeoutRate: -0.1 } },
    { carrier: { lostRate: 1.1 } },
    { psp: { latencyMs: 60_001 } },
    { psp: { latencyMs: 1.5 } },
    { psp: { down: 'yes' } },
    { psp: { wrongAmountRate: 1.1 } },
    { carrier: { wrongAmountRate: 1 } },
    { bureau: { voidFails: true } },
    { bureau: { webhookRate: 1 } },
    { bank: {} },
  ])('refuse %j', async (change) => {
    const world = await startSandbox();

    expect(await world.setFaults(change)).toMatchObject({ status: 422, body: { code: 'validation-failed' } });
  });
});

describe('lostRate', () => {
  test('leaves a request without an answer, which never happens; a repeated key is a new request', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { lostRate: 1 } });
    const first = psp.authorize('o-1');
    await psp.clock.advance(dropAfterMs);
    expect(await first).toBe('no answer');
    expect(await psp.findPayment('o-1')).toMatchObject({ status: 404 });

    await psp.setFaults({ psp: { lostRate: 0 } });
    expect(await psp.authorize('o-1')).toMatchObject({ status: 201 });
    expect((await psp.ledgerOf('o-1')).payment).toMatchObject({ authorized: 3998 });
  });
});

describe('timeoutRate', () => {
  test('leaves a request without an answer; it takes effect late, and a repeated key is answered from then on', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { timeoutRate: 1, lateLandingMs: 2_000 } });
    const first = psp.authorize('o-1');
    await psp.clock.advance(1_000);
    await psp.setFaults({ psp: { timeoutRate: 0 } });
    const repeated = psp.authorize('o-1');
    expect(await psp.findPayment('o-1')).toMatchObject({ status: 404 });
    await psp.clock.advance(1_000);

    expect(await repeated).toMatchObject({ status: 201 });
    expect((await psp.ledgerOf('o-1')).payment).toMatchObject({ authorized: 3998 });
    await psp.clock.advance(dropAfterMs);
    expect(await first).toBe('no answer');
  });

  test('takes effect at once when landing takes no time, still without an answer to the first request', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { timeoutRate: 1 } });
    const first = psp.authorize('o-1');
    await psp.settle();

    expect((await psp.ledgerOf('o-1')).payment).toMatchObject({ authorized: 3998 });
    expect(await psp.authorize('o-1')).toMatchObject({ status: 201 });
    await psp.clock.advance(dropAfterMs);
    expect(await first).toBe('no answer');
  });

  test('is drawn once per key: a repeated request meets the fate of the first', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1');
    await psp.setFaults({ psp: { timeoutRate: 1, lateLandingMs: 1_000 } });

    expect(await psp.authorize('o-1')).toMatchObject({ status: 201 });
  });

  test('hits about its share of the keys', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { timeoutRate: 0.2 } });
    const asked = Array.from({ length: 500 }, (_, index) => psp.authorize(`o-${index}`));
    await psp.clock.advance(dropAfterMs);
    const unanswered = (await Promise.all(asked)).filter((answer) => answer === 'no answer').length;

    expect(unanswered).toBeGreaterThan(70);
    expect(unanswered).toBeLessThan(130);
  });

  test('makes queries hang', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { timeoutRate: 1 } });
    const asking = psp.findPayment('o-1');
    await psp.clock.advance(dropAfterMs);

    expect(await asking).toBe('no answer');
  });

  test('a void overtakes the authorisation that is still on its way', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { timeoutRate: 1, lateLandingMs: 5_000 } });
    void psp.authorize('o-1');
    await psp.settle();
    await psp.setFaults({ psp: { timeoutRate: 0 } });

    expect(await psp.void('o-1')).toMatchObject({ status: 200, body: { voided: 0 } });
    await psp.clock.advance(5_000);
    expect((await psp.ledgerOf('o-1')).payment).toMatchObject({ authorized: 0, voided: 0 });
    expect(await psp.authorize('o-1')).toMatchObject({ status: 402 });
  });

  test('another body under a key that is still on its way is refused', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { timeoutRate: 1, lateLandingMs: 5_000 } });
    void psp.authorize('o-1');
    await psp.settle();

    expect(await psp.authorize('o-1', { amount: 1 })).toMatchObject({
      status: 422,
      body: { code: 'idempotency-key-reused' },
    });
  });

  test('a dispatch that lands late is answered when it is asked for again', async () => {
    const carrier = await startSandbox();
    await carrier.book('o-1');
    await carrier.setFaults({ carrier: { timeoutRate: 1, lateLandingMs: 1_000 } });
    void carrier.dispatch('o-1');
    await carrier.settle();
    const again = carrier.dispatch('o-1');
    await carrier.clock.advance(1_000);

    expect(await again).toMatchObject({ status: 200, body: { state: 'DISPATCHED' } });
  });

  test('a dispatch that is refused when it lands may be tried again', async () => {
    const carrier = await startSandbox();
    await carrier.setFaults({ carrier: { timeoutRate: 1, lateLandingMs: 1_000 } });
    void carrier.dispatch('o-1');
    await carrier.clock.advance(1_000);
    await carrier.setFaults({ carrier: { timeoutRate: 0 } });
    await carrier.book('o-1');

    expect(await carrier.dispatch('o-1')).toMatchObject({ status: 200 });
  });
});

describe('tokens that time out', () => {
  test('tok_timeout_lands takes effect three seconds later', async () => {
    const psp = await startSandbox();
    const first = psp.authorize('o-1', { token: 'tok_timeout_lands' });
    await psp.clock.advance(2_999);
    expect(await psp.findPayment('o-1')).toMatchObject({ status: 404 });
    await psp.clock.advance(1);

    expect(await psp.findPayment('o-1')).toMatchObject({ status: 200, body: { authorization: 'approved' } });
    expect(await psp.authorize('o-1', { token: 'tok_timeout_lands' })).toMatchObject({ status: 201 });
    await psp.clock.advance(dropAfterMs);
    expect(await first).toBe('no answer');
  });

  test('tok_timeout_lost answers nobody and never takes effect', async () => {
    const psp = await startSandbox();
    const tries = [psp.authorize('o-1', { token: 'tok_timeout_lost' })];
    await psp.clock.advance(60_000);
    tries.push(psp.authorize('o-1', { token: 'tok_timeout_lost' }));
    await psp.clock.advance(60_000);

    expect(await Promise.all(tries)).toEqual(['no answer', 'no answer']);
    expect(await psp.findPayment('o-1')).toMatchObject({ status: 404 });
    expect(await psp.void('o-1')).toMatchObject({ status: 200, body: { voided: 0 } });
    expect((await psp.ledgerOf('o-1')).payment).toMatchObject({ authorized: 0, voided: 0 });
  });
});

describe('faults before anything happens', () => {
  test('errorRate answers 500 and keeps no key', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { errorRate: 1 } });

    expect(await psp.authorize('o-1')).toMatchObject({ status: 500, body: { code: 'provider-failure' } });
    expect(await psp.findPayment('o-1')).toMatchObject({ status: 500 });
    await psp.setFaults({ psp: { errorRate: 0 } });
    expect(await psp.findPayment('o-1')).toMatchObject({ status: 404 });
    expect(await psp.authorize('o-1', { amount: 1 })).toMatchObject({ status: 201 });
  });

  test('rateLimitRate answers 429 with Retry-After', async () => {
    const bureau = await startSandbox();
    await bureau.setFaults({ bureau: { rateLimitRate: 1 } });
    const answer = await bureau.score('o-1');

    expect(answer).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
    expect(answer === 'no answer' ? null : answer.headers.get('retry-after')).toBe('1');
  });

  test('down resets every connection, also of queries', async () => {
    const carrier = await startSandbox();
    await carrier.setFaults({ carrier: { down: true } });

    expect(await carrier.book('o-1')).toBe('no answer');
    expect(await carrier.findShipment('o-1')).toBe('no answer');
    await carrier.setFaults({ carrier: { down: false } });
    expect(await carrier.findShipment('o-1')).toMatchObject({ status: 404 });
  });

  test('latencyMs delays the answer', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { latencyMs: 50 } });
    let answered = false;
    const asking = psp.authorize('o-1').then(() => (answered = true));
    await psp.clock.advance(49);
    expect(answered).toBe(false);
    await psp.clock.advance(1);
    await asking;
  });

  test('hit one provider and leave the others, the ledger and the settings alone', async () => {
    const world = await startSandbox();
    await world.setFaults({ psp: { down: true } });

    expect(await world.book('o-1')).toMatchObject({ status: 201 });
    expect((await world.ledgerOf('o-1')).shipment).toBeDefined();
    expect(await world.ask('GET', '/faults')).toMatchObject({ status: 200 });
  });
});

describe('wrongAmountRate', () => {
  const bodyOf = (answer: Awaited<ReturnType<Awaited<ReturnType<typeof startSandbox>>['ask']>>) =>
    answer === 'no answer' ? {} : answer.body;
  const books = { authorized: 3998, captured: 3998, refunded: 0, voided: 0 };

  test('changes the amounts in answers and webhooks, and nothing in the books', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { wrongAmountRate: 1 } });
    const approved = await psp.authorize('o-1');
    const taken = await psp.capture('o-1');
    const found = await psp.findPayment('o-1');
    await psp.settle();

    expect(approved).toMatchObject({ status: 201, body: { status: 'approved', currency: 'EUR' } });
    expect([approved, taken].map((answer) => bodyOf(answer)['amount'])).not.toContain(3998);
    expect(bodyOf(found)['authorized']).not.toBe(3998);
    expect(bodyOf(found)['captured']).not.toBe(3998);
    const metrics = await (await psp.app.request('/metrics')).text();
    expect(metrics).toMatch(/^sandbox_faults_total\{.*fault="wrong-amount".*\} 5$/m);
    expect(psp.webhooks).toHaveLength(2);
    expect(psp.webhooks.map(({ body }) => body.amount)).not.toContain(3998);
    expect((await psp.ledgerOf('o-1')).payment).toMatchObject(books);
  });

  test('also in refunds, voids and statements', async () => {
    const psp = await startSandbox();
    await psp.authorize('o-1');
    await psp.capture('o-1');
    await psp.authorize('o-2');
    await psp.setFaults({ psp: { wrongAmountRate: 1 } });

    expect(bodyOf(await psp.refund('o-1'))['refunded']).not.toBe(3998);
    expect(bodyOf(await psp.void('o-2'))['voided']).not.toBe(3998);
    const { items } = bodyOf(await psp.ask('GET', '/psp/payments?references=o-1,o-2')) as {
      items: { readonly authorized: number }[];
    };
    expect(items.map(({ authorized }) => authorized)).not.toContain(3998);
  });

  test('is drawn for each answer: who repeats the request may be told the truth', async () => {
    const psp = await startSandbox();
    await psp.setFaults({ psp: { wrongAmountRate: 1 } });
    await psp.authorize('o-1');
    await psp.setFaults({ psp: { wrongAmountRate: 0 } });

    expect(await psp.authorize('o-1')).toMatchObject({ status: 201, body: { amount: 3998 } });
    expect(await psp.findPayment('o-1')).toMatchObject({ body: { authorized: 3998 } });
  });

  test('leaves alone what names no amount, and other providers', async () => {
    const world = await startSandbox();
    const honest = bodyOf(await world.score('o-1'));
    await world.setFaults({ psp: { wrongAmountRate: 1 } });

    expect(await world.authorize('o-1', { token: 'tok_decline' })).toMatchObject({ status: 402 });
    expect(bodyOf(await world.score('o-1'))).toEqual(honest);
  });
});

test('what struck is counted, by provider', async () => {
  const world = await startSandbox();
  await world.setFaults({ psp: { errorRate: 1 }, carrier: { webhookRate: 0 } });
  await world.authorize('o-1');
  await world.authorize('o-1');
  await world.book('o-2');
  await world.dispatch('o-2');
  const text = await (await world.app.request('/metrics')).text();

  const counted = text.split('\n').filter((line) => line.startsWith('sandbox_faults_total'));
  expect(counted.map((line) => line.replace(/,?service="sandbox",?/, ''))).toEqual([
    'sandbox_faults_total{provider="psp",fault="error"} 2',
    'sandbox_faults_total{provider="carrier",fault="webhook-dropped"} 1',
  ]);
});

describe('a request without an answer', () => {
  test('does not keep the process from stopping', async () => {
    const psp = await startSandbox();
    const waiting = psp.authorize('o-1', { token: 'tok_timeout_lost' });
    await psp.settle();
    await psp.stop();

    expect(await waiting).toBe('no answer');
    expect(psp.clock.pending()).toBe(0);
  });
});
