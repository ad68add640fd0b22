import { anOrder } from '@checkout/event-log/testing';
import { describe, expect, it } from 'vitest';
import { TransientError } from './errors.ts';
import { createConsumerDriver } from './testing/consumer.driver.ts';
import { tallied } from './testing/tally.fixture.ts';

describe('a message', () => {
  it('is recorded with itself as the cause', async () => {
    const { capture, deliver, rowsOf } = createConsumerDriver();
    const message = capture(anOrder(), 1);
    expect(await deliver(message)).toEqual(['done']);

    expect(await rowsOf(anOrder())).toMatchObject([
      { type: 'Tallied', causeIndex: 0, correlationId: message.correlationId, version: 1 },
    ]);
  });

  it('that comes again records nothing more', async () => {
    const { capture, deliver, tally, tries } = createConsumerDriver();
    const message = capture(anOrder(), 1);
    await deliver(message);
    await deliver(message);
    await deliver(message, message);

    expect(await tally(anOrder())).toEqual(['1']);
    expect(tries).toEqual(['1']);
  });

  it('that comes twice in one batch records one row, and what follows it comes to its turn', async () => {
    const { capture, deliver, tally } = createConsumerDriver();
    const [first, second] = [capture(anOrder(), 1), capture(anOrder(), 2)];
    expect(await deliver(first, first, second, first, second)).toEqual(['done']);

    expect(await tally(anOrder())).toEqual(['1', '2']);
  });

  it('from which nothing follows is noted, and does not act later either', async () => {
    const { capture, deliver, on, mend, rowsOf } = createConsumerDriver();
    const message = capture(anOrder(), 1);
    on(message, () => ({ events: [] }));
    await deliver(message);
    mend(message);
    await deliver(message);

    expect(await rowsOf(anOrder())).toMatchObject([{ type: 'Noted', data: {}, emits: [] }]);
  });

  it('that asks for what is answered gets the answer again, and the state stays', async () => {
    const { capture, deliver, on, rowsOf, tally } = createConsumerDriver();
    const [first, again] = [capture(anOrder(), 1), capture(anOrder(), 2)];
    const answer = { type: 'PaymentCaptureRejected', data: { detail: 'no' } };
    on(again, () => ({ events: [{ type: 'AnswerRepeated', data: {}, emits: [answer] }] }));
    await deliver(first, again);

    expect(await rowsOf(anOrder())).toMatchObject([
      { type: 'Tallied' },
      { type: 'AnswerRepeated', emits: [answer], version: 2 },
    ]);
    expect(await tally(anOrder())).toEqual(['1']);
  });

  it('is decided on what the earlier ones of its batch led to', async () => {
    const { capture, deliver, on, tally } = createConsumerDriver();
    const [first, second] = [capture(anOrder(), 1), capture(anOrder(), 2)];
    on(second, ({ state, version }) => ({ events: [tallied(`${version} after ${state.labels.join()}`)] }));
    await deliver(first, second);

    expect(await tally(anOrder())).toEqual(['1', '1 after 1']);
  });

  it('is decided again when its stream moved on meanwhile', async () => {
    const { capture, deliver, moveOn, on, tally, tries } = createConsumerDriver();
    const [message, next] = [capture(anOrder(), 1), capture(anOrder(), 2)];
    let disturbances = 2;
    on(message, async ({ version }) => {
      disturbances -= 1;
      if (disturbances >= 0) await moveOn(anOrder());
      return { events: [tallied(`1 at ${version}`)] };
    });
    const other = capture(anOrder(0, 2), 9);
    expect(await deliver(message, other, next)).toEqual(['done']);

    expect(await tally(anOrder())).toEqual(['1 at 2', '2']);
    expect(await tally(anOrder(0, 2))).toEqual(['9']);
    expect(tries.filter((label) => label === '9')).toHaveLength(1);
  });

  it('is given up for now when its stream never comes to rest', async () => {
    const { capture, deliver, moveOn, on, letters } = createConsumerDriver();
    const message = capture(anOrder(), 1);
    on(message, async () => {
      await moveOn(anOrder());
      return { events: [] };
    });

    await expect(deliver(message)).rejects.toThrow(TransientError);
    expect(await letters()).toEqual([]);
  });

  it('of a type that the group has no handler for passes by', async () => {
    const { deliver, unreadable, log } = createConsumerDriver();
    await deliver(unreadable(anOrder(), 'ReleasePayment'));

    expect(await log().heads()).toEqual([0, 0, 0, 0]);
  });

  it('of a type that the process does not know stops the partition', async () => {
    const { deliver, capture } = createConsumerDriver();

    await expect(deliver({ ...capture(anOrder(), 1), type: 'SplitPayment' })).rejects.toThrow(TransientError);
  });
});

describe('what runs after the commit', () => {
  it('runs once, when the events are in the log, on the state that they led to', async () => {
    const { capture, deliver, moveOn, on, rowsOf } = createConsumerDriver();
    const [first, second] = [capture(anOrder(), 1), capture(anOrder(), 2)];
    const seen: unknown[] = [];
    let isDisturbed = false;
    on(first, async () => {
      if (!isDisturbed) await moveOn(anOrder());
      isDisturbed = true;
      return {
        events: [tallied('1')],
        afterCommit: ({ version, state, updatedAt }) => void seen.push([version, state.labels, updatedAt > 0]),
      };
    });
    on(second, () => ({
      events: [tallied('2')],
      afterCommit: ({ version, state }) => void seen.push([version, state.labels]),
    }));
    await deliver(first, second);

    expect(seen).toEqual([
      [2, ['1'], true],
      [3, ['1', '2']],
    ]);
    expect(await rowsOf(anOrder())).toHaveLength(3);
  });

  it('does not run for a message that has acted before, nor for one that failed', async () => {
    const { capture, deliver, on } = createConsumerDriver();
    const [message, poisoned] = [capture(anOrder(), 1), capture(anOrder(), 2)];
    let runs = 0;
    const afterCommit = () => {
      runs += 1;
    };
    on(message, () => ({ events: [tallied('1')], afterCommit }));
    on(poisoned, () => {
      throw new Error('no such currency');
    });
    await deliver(message, message, poisoned);
    await deliver(message);

    expect(runs).toBe(1);
  });
});

describe('a log that is away', () => {
  it('is no poison: the batch comes again', async () => {
    const { capture, deliver, on, letters, tally, mend } = createConsumerDriver();
    const message = capture(anOrder(), 1);
    on(message, () => {
      throw new TransientError('the log is away');
    });
    for (const _ of [1, 2, 3, 4, 5]) await expect(deliver(message)).rejects.toThrow(TransientError);
    expect(await letters()).toEqual([]);

    mend(message);
    await deliver(message);
    expect(await tally(anOrder())).toEqual(['1']);
  });

  it('is no poison when it does not take the rows', async () => {
    const { clock, capture, deliver, letters, tally, setLogAway } = createConsumerDriver();
    const message = capture(anOrder(), 1);
    setLogAway(true);
    const failure = deliver(message).catch((error: unknown) => error);
    await clock.advance(30_000);
    expect(await failure).toBeInstanceOf(TransientError);

    setLogAway(false);
    await deliver(message);
    expect(await letters()).toEqual([]);
    expect(await tally(anOrder())).toEqual(['1']);
  });
});
