import { createEventLog, createStreams, maxStreamEvents, type OffsetMove } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { causeOf, type OrderId } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, it } from 'vitest';
import { type Tally, tallied, type TallyEvent, tallyStream } from './testing/tally.fixture.ts';
import { processWork, type Work } from './work.ts';

const ours = anOrder(0, 1);

function setup() {
  const clock = createVirtualClock();
  const storage = createMemoryStorage({ identity: testIdentity, clock });
  const log = createEventLog({ storage, clock, soleWriter: true });
  const streams = createStreams<Tally, TallyEvent>(log, tallyStream);
  const item = (name: string, parts: Partial<Work<Tally, TallyEvent>> = {}): Work<Tally, TallyEvent> => ({
    orderId: ours,
    cause: { id: causeOf('work', name), correlationId: 'c' },
    run: () => ({ events: [tallied(name)] }),
    park: (error) => ({
      cause: { id: causeOf('work', name), correlationId: 'c' },
      streams: [],
      deadLetters: [
        {
          group: 'payment',
          orderId: ours,
          topic: 'checkout.payment.commands',
          messageId: name,
          type: 'CapturePayment',
          message: {},
          reason: 'handler-failed',
          detail: error.message,
          state: 'parked',
        },
      ],
    }),
    ...parts,
  });
  const move = (from: number, to: number): OffsetMove => ({ group: 'payment', logId: 'log', partition: 0, from, to });
  return {
    log,
    streams,
    item,
    move,
    process: (work: readonly Work<Tally, TallyEvent>[], offsets: readonly OffsetMove[] = []) =>
      processWork({ log, streams }, { work, offsets }),
    offset: async () => (await log.offsets('payment', 'log')).get(0),
    tally: async (orderId: OrderId) => (await streams.loadFresh(orderId)).state.labels,
  };
}

describe('the offsets of a batch', () => {
  it('move with its work', async () => {
    const { process, item, move, offset, tally } = setup();
    expect(await process([item('a')], [move(0, 5)])).toBe('done');

    expect(await offset()).toBe(5);
    expect(await tally(ours)).toEqual(['a']);
  });

  it('move without work', async () => {
    const { process, move, offset } = setup();
    expect(await process([], [move(0, 1_000)])).toBe('done');
    expect(await offset()).toBe(1_000);
  });

  it('move when everything has been recorded before', async () => {
    const { process, item, move, offset } = setup();
    await process([item('a')]);
    expect(await process([item('a')], [move(0, 5)])).toBe('done');
    expect(await offset()).toBe(5);
  });

  it('move when what was set aside in the first round is recorded in a later one', async () => {
    const { process, item, move, offset, tally } = setup();
    let isDisturbed = false;
    const run: Work<Tally, TallyEvent>['run'] = async () => {
      if (!isDisturbed) await process([item('between')]);
      isDisturbed = true;
      return { events: [tallied('a')] };
    };
    expect(await process([item('a', { run })], [move(0, 5)])).toBe('done');

    expect(await tally(ours)).toEqual(['between', 'a']);
    expect(await offset()).toBe(5);
  });

  it('stay where another instance has put them, and the caller hears of it', async () => {
    const { process, item, move, offset, tally } = setup();
    await process([item('a')], [move(0, 7)]);
    expect(await process([item('a'), item('b')], [move(0, 5)])).toBe('stale');
    expect(await process([], [move(0, 5)])).toBe('stale');

    expect(await offset()).toBe(7);
    expect(await tally(ours)).toEqual(['a', 'b']);
  });

  it('stay when nothing could be recorded', async () => {
    const { process, item, move, offset, log } = setup();
    const run = () => {
      throw new Error('unreachable');
    };
    const park = () => {
      throw new Error('not even that');
    };
    await expect(process([item('a', { run, park })], [move(0, 5)])).rejects.toThrow('not even that');

    expect(await offset()).toBeUndefined();
    expect(await log.readStream(ours)).toEqual([]);
  });
});

it('work that no longer applies records nothing, and what comes behind it goes on', async () => {
  const { process, item, tally } = setup();
  await process([item('a'), item('b', { run: () => undefined }), item('c')]);

  expect(await tally(ours)).toEqual(['a', 'c']);
});

it('work for a full stream is parked, and the stream stays as it is', async () => {
  const { process, item, log } = setup();
  const many = Array.from({ length: maxStreamEvents }, () => tallied('row'));
  await process([item('fills', { run: () => ({ events: many }) })]);
  await process([item('one too many')]);

  expect(await log.readStream(ours)).toHaveLength(maxStreamEvents);
  expect(await log.deadLetters({ afterSeq: 0, limit: 10 })).toMatchObject([
    { messageId: 'one too many', detail: expect.stringContaining('would exceed 500 events') },
  ]);
});

it('a state that is forgotten while the log answers is no empty stream', async () => {
  const { process, item, streams, log, tally } = setup();
  await process([item('a')]);
  await streams.load(ours);
  let decidedAt = 0;
  const forgetful: typeof log = {
    ...log,
    inquire(inquiry) {
      streams.forget([ours]);
      return log.inquire(inquiry);
    },
  };
  const run: Work<Tally, TallyEvent>['run'] = ({ version }) => {
    decidedAt = version;
    return { events: [tallied('b')] };
  };
  await processWork({ log: forgetful, streams }, { work: [item('b', { run })], offsets: [] });

  expect(decidedAt).toBe(1);
  expect(await tally(ours)).toEqual(['a', 'b']);
});

it('only the rows of streams that are not in the cache are asked for, and of the others whether the work has acted', async () => {
  const { process, item, streams, log } = setup();
  const theirs = anOrder(0, 2);
  await process([item('a')]);
  await streams.load(ours);
  const asked: unknown[] = [];
  const counted: typeof log = {
    ...log,
    inquire(inquiry) {
      asked.push(inquiry);
      return log.inquire(inquiry);
    },
  };
  const work = [item('b'), item('c', { orderId: theirs })];
  await processWork({ log: counted, streams }, { work, group: 'payment', offsets: [] });

  const places = [ours, theirs].map((orderId) => ({ group: 'payment', orderId }));
  const causes = [{ streamId: ours, causeId: causeOf('work', 'b') }];
  expect(asked).toEqual([{ streamIds: [theirs], causes, places }]);
});
