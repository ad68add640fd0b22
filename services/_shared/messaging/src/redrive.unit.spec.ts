import { anOrder } from '@checkout/event-log/testing';
import { causeOf } from '@checkout/kernel';
import { describe, expect, it } from 'vitest';
import { TransientError, UnreadableError } from './errors.ts';
import { createConsumerDriver, poison } from './testing/consumer.driver.ts';
import { tallied } from './testing/tally.fixture.ts';

const ours = anOrder(0, 1);
const neighbour = anOrder(0, 2);

/** An order with a parked message, 2, and two behind it. */
async function parkedOrder() {
  const driver = createConsumerDriver();
  const { capture, refusal, on, deliver } = driver;
  const [bad, third, fourth] = [capture(ours, 2), refusal(ours, 'r3'), capture(ours, 4)];
  on(bad, poison);
  await deliver(capture(ours, 1), bad, third, fourth);
  return { ...driver, bad, third, fourth };
}

describe('a dry run', () => {
  it('tells what would be handled again, and changes nothing', async () => {
    const { redrive, redriven, mend, bad, shelf, tally } = await parkedOrder();
    mend(bad);
    const would = await redrive(ours, { dryRun: true });
    await redriven();

    expect(would?.map(({ messageId, state }) => [messageId, state])).toMatchObject([
      [bad.id, 'parked'],
      [expect.anything(), 'held'],
      [expect.anything(), 'held'],
    ]);
    expect(await shelf()).toEqual(['2 parked', 'r3 held', '4 held']);
    expect(await tally(ours)).toEqual(['1']);
  });

  it('finds nothing for an order that has nothing', async () => {
    const { redrive } = await parkedOrder();
    expect(await redrive(neighbour, { dryRun: true })).toBeUndefined();
    expect(await redrive(neighbour)).toBeUndefined();
  });
});

describe('a redrive', () => {
  it('handles what was parked and held in the order of its arrival, and the barrier falls with the last', async () => {
    const { capture, deliver, redrive, redriven, mend, bad, shelf, tally } = await parkedOrder();
    mend(bad);
    const marked = await redrive(ours);
    expect(marked?.map(({ state }) => state)).toEqual(['redriving', 'redriving', 'redriving']);
    await redriven();

    expect(await tally(ours)).toEqual(['1', '2', 'r3', '4']);
    expect(await shelf()).toEqual([]);
    await deliver(capture(ours, 5));
    expect(await tally(ours)).toEqual(['1', '2', 'r3', '4', '5']);
  });

  it('lets newcomers queue behind what waits', async () => {
    const { capture, deliver, redrive, redriven, on, bad, shelf, tally } = await parkedOrder();
    const gate = Promise.withResolvers<void>();
    on(bad, async () => {
      await gate.promise;
      return { events: [tallied('2')] };
    });
    await Promise.all([redrive(ours), deliver(capture(ours, 5))]);
    expect(await shelf()).toEqual(['2 redriving', 'r3 redriving', '4 redriving', '5 held']);

    gate.resolve();
    await redriven();
    expect(await tally(ours)).toEqual(['1', '2', 'r3', '4', '5']);
    expect(await shelf()).toEqual([]);
  });

  it('begins at once', async () => {
    const { clock, redrive, mend, bad, shelf, tally } = await parkedOrder();
    mend(bad);
    await redrive(ours);
    await clock.settle();
    expect(await tally(ours)).toEqual(['1', '2', 'r3', '4']);
    expect(await shelf()).toEqual([]);
  });

  it('that is asked for while another one is about to fail comes after it', async () => {
    const { clock, redrive, mend, on, bad, shelf, tally } = await parkedOrder();
    const gate = Promise.withResolvers<void>();
    on(bad, async () => {
      await gate.promise;
      throw new UnreadableError('still not understood');
    });
    await redrive(ours);
    await clock.settle();
    const again = redrive(ours);
    await clock.settle();
    mend(bad);
    gate.resolve();
    await again;
    await clock.settle();

    expect(await tally(ours)).toEqual(['1', '2', 'r3', '4']);
    expect(await shelf()).toEqual([]);
  });

  it('also takes up what another process held while the last letter was settled', async () => {
    const { log, letters, redriven, deliver, capture, bad, shelf, tally } = await parkedOrder();
    const [first] = await letters();
    const cause = { id: causeOf('another process', bad.id) };
    const settled = { group: 'payment', seq: first?.seq ?? 0, change: 'settled' } as const;
    await log().append({ units: [{ cause, streams: [], deadLetterChanges: [settled] }] });
    expect(await shelf()).toEqual(['r3 held', '4 held']);
    await redriven();

    expect(await shelf()).toEqual([]);
    await deliver(capture(ours, 5));
    expect(await tally(ours)).toEqual(['1', 'r3', '4', '5']);
  });

  it('lets newcomers wait that come while it is at work', async () => {
    const { capture, deliver, clock, redrive, redriven, on, bad, tally } = await parkedOrder();
    const gate = Promise.withResolvers<void>();
    on(bad, async () => {
      await gate.promise;
      return { events: [tallied('2')] };
    });
    await redrive(ours);
    await redriven();
    const delivered = deliver(capture(ours, 5), capture(neighbour, 1));
    await clock.settle();
    gate.resolve();
    await delivered;

    expect(await tally(ours)).toEqual(['1', '2', 'r3', '4', '5']);
    expect(await tally(neighbour)).toEqual(['1']);
  });

  it('that fails again parks the message again with the new reason, and holds the rest', async () => {
    const { redrive, redriven, mend, on, bad, third, shelf, letters, tally, logger } = await parkedOrder();
    mend(bad);
    on(third, () => {
      throw new Error('the refusal is not understood');
    });
    await redrive(ours);
    await redriven();

    expect(await tally(ours)).toEqual(['1', '2']);
    expect(await shelf()).toEqual(['r3 parked', '4 held']);
    expect(await letters()).toMatchObject([{ detail: 'the refusal is not understood' }, {}]);
    expect(logger.lines.map(({ message }) => message)).toContain('dead letter parked again');

    mend(third);
    await redrive(ours);
    await redriven();
    expect(await tally(ours)).toEqual(['1', '2', 'r3', '4']);
  });

  it('of a message that still cannot be read leaves everything as it was', async () => {
    const { capture, unreadable, deliver, redrive, redriven, shelf, tally } = createConsumerDriver();
    await deliver(unreadable(ours), capture(ours, 2));
    await redrive(ours);
    await redriven();

    expect(await shelf()).toEqual(['unreadable parked', '2 held']);
    expect(await tally(ours)).toEqual([]);
  });

  it('of a message that has acted before lets it go without acting', async () => {
    const { capture, deliver, log, redrive, redriven, shelf, tally } = createConsumerDriver();
    const first = capture(ours, 1);
    await deliver(first);
    const { id: messageId, orderId, topic, type } = first;
    const why = { reason: 'behind-parked', detail: 'a release before this one held it', state: 'held' as const };
    const letter = { group: 'payment', orderId, topic, messageId, type, message: first, ...why };
    const cause = { id: causeOf('a letter of its own'), correlationId: ours };
    await log().append({ units: [{ cause, streams: [], deadLetters: [letter] }] });
    expect(await shelf()).toEqual(['1 held']);

    await redrive(ours);
    await redriven();
    expect(await tally(ours)).toEqual(['1']);
    expect(await shelf()).toEqual([]);
  });

  it('waits for a failure that passes, and parks nothing for it', async () => {
    const { clock, redrive, redriven, mend, on, bad, shelf, tally, logger } = await parkedOrder();
    on(bad, () => {
      throw new TransientError('the log is away');
    });
    await redrive(ours);
    await clock.advance(5_000);
    expect(await shelf()).toEqual(['2 redriving', 'r3 redriving', '4 redriving']);
    expect(logger.lines.map(({ message }) => message)).toContain('redrive will be tried again');

    mend(bad);
    await redriven();
    expect(await tally(ours)).toEqual(['1', '2', 'r3', '4']);
  });

  it('of one order is not held up by another one', async () => {
    const { capture, deliver, redrive, redriven, mend, on, bad, tally, shelf } = await parkedOrder();
    const theirs = capture(neighbour, 7);
    on(theirs, poison);
    await deliver(theirs);
    on(bad, () => {
      throw new TransientError('the log is away');
    });
    mend(theirs);
    await redrive(ours);
    await redrive(neighbour);
    await redriven();

    expect(await tally(neighbour)).toEqual(['7']);
    expect(await shelf(neighbour)).toEqual([]);
  });

  it('is decided again when the stream moved on meanwhile', async () => {
    const { redrive, redriven, moveOn, on, bad, shelf, tally } = await parkedOrder();
    let isDisturbed = false;
    on(bad, async ({ version }) => {
      if (!isDisturbed) await moveOn(ours);
      isDisturbed = true;
      return { events: [tallied(`2 at ${version}`)] };
    });
    await redrive(ours);
    await redriven();

    expect(await tally(ours)).toEqual(['1', '2 at 2', 'r3', '4']);
    expect(await shelf()).toEqual([]);
  });

  it('of a long queue ends with the last of it', async () => {
    const { capture, clock, deliver, redrive, redriven, mend, bad, shelf, tally } = await parkedOrder();
    const more = Array.from({ length: 300 }, (_, index) => capture(ours, 10 + index));
    for (let sent = 0; sent < more.length; sent += 60) await deliver(...more.slice(sent, sent + 60));
    mend(bad);
    await redrive(ours);
    await redriven();
    for (let turns = 0; turns < 200 && (await shelf()).length > 0; turns += 1) await clock.settle();

    expect(await shelf()).toEqual([]);
    expect(await tally(ours)).toHaveLength(304);
  });
});

describe('a restart', () => {
  it('while an order is held keeps its letters, which are redriven afterwards', async () => {
    const { restart, redrive, redriven, mend, bad, shelf, tally } = await parkedOrder();
    await restart();
    expect(await shelf()).toEqual(['2 parked', 'r3 held', '4 held']);

    mend(bad);
    await redrive(ours);
    await redriven();
    expect(await tally(ours)).toEqual(['1', '2', 'r3', '4']);
  });

  it('after the mark and before the work goes on with the redrive', async () => {
    const { restart, redrive, redriven, mend, bad, shelf, tally } = await parkedOrder();
    mend(bad);
    await redrive(ours);
    await restart();
    await redriven();

    expect(await tally(ours)).toEqual(['1', '2', 'r3', '4']);
    expect(await shelf()).toEqual([]);
  });

  it('in the middle of a redrive goes on behind what was handled', async () => {
    const { restart, redrive, redriven, mend, on, bad, third, shelf, tally } = await parkedOrder();
    mend(bad);
    on(third, () => {
      throw new TransientError('the process stops');
    });
    await redrive(ours);
    await redriven();
    expect(await shelf()).toEqual(['r3 redriving', '4 redriving']);

    await restart();
    mend(third);
    await redriven();
    expect(await tally(ours)).toEqual(['1', '2', 'r3', '4']);
    expect(await shelf()).toEqual([]);
  });

  it('waits for the letter in hand only', async () => {
    const { clock, stop, restart, redrive, redriven, on, bad, shelf, tally } = await parkedOrder();
    const gate = Promise.withResolvers<void>();
    on(bad, async () => {
      await gate.promise;
      return { events: [tallied('2')] };
    });
    await redrive(ours);
    await redriven();
    const stopped = stop();
    await clock.settle();
    gate.resolve();
    await stopped;
    expect(await shelf()).toEqual(['r3 redriving', '4 redriving']);

    await restart();
    expect(await tally(ours)).toEqual(['1', '2', 'r3', '4']);
    expect(await shelf()).toEqual([]);
  });

  it('after a redrive that failed leaves the order held', async () => {
    const { capture, deliver, restart, redrive, redriven, shelf, tally } = await parkedOrder();
    await redrive(ours);
    await redriven();
    await restart();
    await deliver(capture(ours, 5));
    await redriven();

    expect(await shelf()).toEqual(['2 parked', 'r3 held', '4 held', '5 held']);
    expect(await tally(ours)).toEqual(['1']);
  });
});
