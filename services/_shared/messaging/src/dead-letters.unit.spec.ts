import { LogUnavailableError } from '@checkout/event-log';
import { anOrder } from '@checkout/event-log/testing';
import { describe, expect, it } from 'vitest';
import { TransientError } from './errors.ts';
import { createConsumerDriver, poison } from './testing/consumer.driver.ts';
import { tallied } from './testing/tally.fixture.ts';
import { whileTimePasses } from './testing/while-time-passes.ts';

const ours = anOrder(0, 1);
const neighbour = anOrder(0, 2);

describe('a message whose handling fails', () => {
  it('is parked after three failures of the same kind', async () => {
    const { capture, deliver, on, letters, rowsOf, tries, logger } = createConsumerDriver();
    const message = capture(ours, 1);
    on(message, poison);
    expect(await deliver(message)).toEqual(['done']);

    expect(tries).toEqual(['1', '1', '1']);
    expect(await rowsOf(ours)).toEqual([]);
    expect(await letters()).toMatchObject([
      {
        group: 'payment',
        orderId: ours,
        topic: message.topic,
        messageId: message.id,
        type: 'CapturePayment',
        message,
        reason: 'handler-failed',
        detail: 'no such currency',
        state: 'parked',
      },
    ]);
    expect(logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { message: 'message parked', fields: { group: 'payment', orderId: ours, messageId: message.id } },
    ]);
  });

  it('is not parked when it succeeds at the third try', async () => {
    const { capture, deliver, on, letters, tally } = createConsumerDriver();
    const message = capture(ours, 1);
    let failuresLeft = 2;
    on(message, () => {
      failuresLeft -= 1;
      if (failuresLeft >= 0) throw new Error('flaky');
      return { events: [tallied('1')] };
    });
    await deliver(message);

    expect(await tally(ours)).toEqual(['1']);
    expect(await letters()).toEqual([]);
  });

  it('is parked as well when it fails in a new way each time', async () => {
    const { capture, deliver, on, letters, tries } = createConsumerDriver();
    const message = capture(ours, 1);
    on(message, () => {
      throw new Error(`failure number ${tries.length}`);
    });
    await deliver(message);

    expect(tries).toHaveLength(9);
    expect(await letters()).toMatchObject([{ state: 'parked', detail: 'failure number 9' }]);
  });

  it('on a state that is no longer the state is decided again', async () => {
    const { capture, deliver, moveOn, on, letters, tally, logger } = createConsumerDriver();
    const message = capture(ours, 1);
    let isDisturbed = false;
    on(message, async ({ version }) => {
      if (!isDisturbed) await moveOn(ours);
      isDisturbed = true;
      if (version === 0) throw new Error('no such payment');
      return { events: [tallied('1')] };
    });
    await deliver(message, capture(ours, 2));

    expect(await letters()).toEqual([]);
    expect(await tally(ours)).toEqual(['1', '2']);
    expect(logger.lines).toEqual([]);
  });

  it('is counted by its reason', async () => {
    const { capture, unreadable, deliver, on, metrics } = createConsumerDriver();
    const message = capture(ours, 1);
    on(message, poison);
    await deliver(message, unreadable(neighbour));

    const [counter] = (await metrics.snapshot()).samples as { name: string; values: unknown[] }[];
    expect(counter).toMatchObject({
      name: 'messages_dead_lettered_total',
      values: expect.arrayContaining([
        expect.objectContaining({
          value: 1,
          labels: { service: 'payment', group: 'payment', reason: 'handler-failed' },
        }),
        expect.objectContaining({ value: 1, labels: { service: 'payment', group: 'payment', reason: 'unreadable' } }),
      ]),
    });
  });

  it('is parked without trying when it cannot be read', async () => {
    const { unreadable, deliver, letters, tries } = createConsumerDriver();
    await deliver(unreadable(ours));

    expect(tries).toEqual([]);
    expect(await letters()).toMatchObject([
      { state: 'parked', reason: 'unreadable', detail: '/attempt: invalid_type', orderId: ours },
    ]);
  });

  it('that comes again is there once', async () => {
    const { capture, unreadable, deliver, on, shelf } = createConsumerDriver();
    const [message, broken] = [capture(ours, 1), unreadable(neighbour)];
    on(message, poison);
    await deliver(message, message, broken, broken);
    await deliver(message, broken);

    expect(await shelf()).toHaveLength(2);
  });
});

describe('the messages behind a parked one', () => {
  it('of its order wait, those of the same batch and later ones, from all topics; other orders go on', async () => {
    const { capture, refusal, deliver, on, shelf, tally } = createConsumerDriver();
    const bad = capture(ours, 2);
    on(bad, poison);
    await deliver(capture(ours, 1), bad, refusal(ours, 'r3'), capture(neighbour, 1));
    await deliver(refusal(ours, 'r4'), capture(neighbour, 2));
    await deliver(capture(ours, 5), refusal(neighbour, 'r3'));

    expect(await tally(ours)).toEqual(['1']);
    expect(await tally(neighbour)).toEqual(['1', '2', 'r3']);
    expect(await shelf()).toEqual(['2 parked', 'r3 held', 'r4 held', '5 held']);
  });

  it('wait behind an unreadable one too', async () => {
    const { capture, unreadable, deliver, shelf, tally } = createConsumerDriver();
    await deliver(capture(ours, 1), unreadable(ours), capture(ours, 3), capture(neighbour, 1));

    expect(await tally(ours)).toEqual(['1']);
    expect(await tally(neighbour)).toEqual(['1']);
    expect(await shelf()).toEqual(['unreadable parked', '3 held']);
  });

  it('keep their places when one before an unreadable one fails', async () => {
    const { capture, unreadable, deliver, on, shelf } = createConsumerDriver();
    const bad = capture(ours, 1);
    on(bad, poison);
    await deliver(bad, unreadable(ours), capture(ours, 3));

    expect(await shelf()).toEqual(['1 parked', 'unreadable held', '3 held']);
  });

  it('keep their places when one before an unreadable one is decided again', async () => {
    const { capture, unreadable, deliver, moveOn, on, shelf, tally } = createConsumerDriver();
    const message = capture(ours, 1);
    let isDisturbed = false;
    on(message, async () => {
      if (isDisturbed) throw new Error('no such currency');
      isDisturbed = true;
      await moveOn(ours);
      return { events: [tallied('1')] };
    });
    await deliver(message, unreadable(ours), capture(ours, 3), capture(neighbour, 1));

    expect(await shelf()).toEqual(['1 parked', 'unreadable held', '3 held']);
    expect(await tally(neighbour)).toEqual(['1']);
  });

  it('are decided again when the stream moved on before the parking one', async () => {
    const { capture, deliver, moveOn, on, shelf, tally } = createConsumerDriver();
    const [first, second] = [capture(ours, 1), capture(ours, 2)];
    let isDisturbed = false;
    on(first, async () => {
      if (!isDisturbed) await moveOn(ours);
      isDisturbed = true;
      return { events: [tallied('1')] };
    });
    // Fails only on what the first one led to before the stream moved on.
    on(second, ({ version }) => {
      if (version === 1) throw new Error('no such currency');
      return { events: [tallied('2')] };
    });
    await deliver(first, second, capture(ours, 3));

    expect(await tally(ours)).toEqual(['1', '2', '3']);
    expect(await shelf()).toEqual([]);
  });

  it('pass when they have acted before: there is nothing to wait for', async () => {
    const { capture, deliver, on, shelf, tally } = createConsumerDriver();
    const [first, bad] = [capture(ours, 1), capture(ours, 2)];
    on(bad, poison);
    await deliver(first, bad);
    await deliver(first);

    expect(await shelf()).toEqual(['2 parked']);
    expect(await tally(ours)).toEqual(['1']);
  });

  it('wait after a restart as before', async () => {
    const { capture, deliver, on, restart, shelf, tally } = createConsumerDriver();
    const bad = capture(ours, 1);
    on(bad, poison);
    await deliver(bad, capture(ours, 2));
    await restart();
    await deliver(capture(ours, 3), capture(neighbour, 1));

    expect(await shelf()).toEqual(['1 parked', '2 held', '3 held']);
    expect(await tally(ours)).toEqual([]);
    expect(await tally(neighbour)).toEqual(['1']);
  });
});

it('a failure that passes parks nothing, whatever comes before and behind it in its batch', async () => {
  const { capture, deliver, on, mend, shelf, tally } = createConsumerDriver();
  const [bad, transient] = [capture(ours, 1), capture(neighbour, 1)];
  on(bad, poison);
  on(transient, () => {
    throw new TransientError('the log is away');
  });
  await expect(deliver(bad, transient)).rejects.toThrow(TransientError);
  expect(await shelf()).toEqual([]);

  mend(bad, transient);
  await deliver(bad, transient);
  expect([await tally(ours), await tally(neighbour)]).toEqual([['1'], ['1']]);
});

describe('a record that is no message', () => {
  const foreign = {
    id: 'checkout.payment.commands/0/42',
    topic: 'checkout.payment.commands',
    type: 'com.example.Paid',
    reason: 'ce_id is not the id of a message',
    record: { key: null, headers: {}, value: 'somebody else wrote this' },
  } as const;

  it('is listed under no order, and holds nobody', async () => {
    const { capture, deliver, deliverForeign, letters, tally, logger } = createConsumerDriver();
    await deliverForeign(foreign);
    await deliver(capture(ours, 1));

    expect(await tally(ours)).toEqual(['1']);
    expect(await letters()).toMatchObject([
      {
        group: 'payment',
        orderId: null,
        topic: foreign.topic,
        messageId: foreign.id,
        type: 'com.example.Paid',
        message: foreign.record,
        reason: 'foreign',
        detail: foreign.reason,
        state: 'parked',
      },
    ]);
    expect(logger.lines).toMatchObject([{ level: 'error', message: 'foreign record parked' }]);
  });

  it('is there once when it comes again, also after a restart', async () => {
    const { deliverForeign, letters, restart } = createConsumerDriver();
    await deliverForeign(foreign);
    await deliverForeign(foreign);
    await restart();
    await deliverForeign(foreign);
    await deliverForeign({ ...foreign, id: 'checkout.payment.commands/0/43' });

    expect((await letters()).map(({ messageId }) => messageId)).toEqual([
      'checkout.payment.commands/0/42',
      'checkout.payment.commands/0/43',
    ]);
  });

  it('comes again when the log is away', async () => {
    const { clock, deliverForeign, letters, setLogAway, copies } = createConsumerDriver();
    setLogAway(true);
    await expect(whileTimePasses(clock, deliverForeign(foreign))).rejects.toThrow(LogUnavailableError);
    setLogAway(false);

    expect(await letters()).toEqual([]);
    expect(copies).toEqual([]);
  });
});

describe('the copy of a dead letter', () => {
  it('is made of each message that is parked, as it was recorded, and of none that waits behind it', async () => {
    const { capture, unreadable, deliver, on, letters, copies } = createConsumerDriver();
    const bad = capture(ours, 1);
    on(bad, poison);
    await deliver(bad, capture(ours, 2), unreadable(neighbour));

    const parked = (await letters()).filter(({ state }) => state === 'parked');
    expect(parked).toHaveLength(2);
    expect(copies).toHaveLength(2);
    for (const copy of copies) expect(parked).toContainEqual(expect.objectContaining(copy));
  });

  it('is not made of what could not be recorded', async () => {
    const { clock, capture, deliver, on, copies, setLogAway } = createConsumerDriver();
    const bad = capture(ours, 1);
    on(bad, poison);
    setLogAway(true);
    await expect(whileTimePasses(clock, deliver(bad))).rejects.toThrow(TransientError);
    expect(copies).toEqual([]);
  });
});
