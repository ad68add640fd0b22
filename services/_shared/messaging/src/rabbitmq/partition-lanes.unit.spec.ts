import type { RawMessage, Topic } from '@checkout/contracts';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { createVirtualClock } from '@checkout/kernel/testing';
import { createSilentLogger } from '@checkout/runtime/testing';
import type { ConsumeMessage } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../broker/wire.ts';
import type { Delivery, ForeignRecord, Handled } from '../bus.port.ts';
import { TransientError } from '../errors.ts';
import { createMessageBuilder } from '../testing/messages.builder.ts';
import { labelOf } from '../testing/tally.fixture.ts';
import { createPartitionLanes } from './partition-lanes.ts';

const topic: Topic = 'checkout.payment.commands';
const build = createMessageBuilder(testIdentity.partitions);
const capture = (attempt: number) => build('CapturePayment', anOrder(0), { attempt });
const release = (attempt: number) => build('ReleasePayment', anOrder(0), { attempt, mode: 'undo' });

const receivedOf = (message: RawMessage, parts: Partial<ConsumeMessage> = {}, exchange: string = topic) => {
  const { headers, value } = encodeMessage(message);
  return {
    content: value,
    properties: { headers },
    fields: { exchange, routingKey: '0' },
    ...parts,
  } as ConsumeMessage;
};

function setup(
  options: {
    readonly answer?: (delivery: Delivery) => Handled | Promise<Handled>;
    readonly accepts?: (message: RawMessage) => boolean;
    readonly parkForeign?: (record: ForeignRecord) => Promise<void>;
  } = {},
) {
  const clock = createVirtualClock();
  const deliveries: { readonly labels: readonly string[]; readonly atMs: number }[] = [];
  const acknowledged: string[] = [];
  const startedAtMs = clock.monotonic();
  const { answer = () => 'done' as const, accepts = () => true, parkForeign } = options;
  const lanes = createPartitionLanes({
    subscription: {
      group: 'payment',
      topics: [topic],
      accepts,
      async handle(delivery) {
        deliveries.push({ labels: delivery.messages.map(labelOf), atMs: clock.monotonic() - startedAtMs });
        return answer(delivery);
      },
      ...(parkForeign && { parkForeign }),
    },
    partitions: testIdentity.partitions,
    topicOf: (exchange) => (exchange === topic ? topic : undefined),
    clock,
    logger: createSilentLogger(),
  });
  const push = (...messages: readonly RawMessage[]) => {
    for (const message of messages) {
      lanes.push(0, receivedOf(message), () => void acknowledged.push(labelOf(message)));
    }
  };
  return { clock, lanes, push, deliveries, acknowledged };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a lane', () => {
  it('hands over 16 messages at most, in their order, and acknowledges what is done', async () => {
    const { clock, push, deliveries, acknowledged } = setup();
    push(...numbers(40).map(capture));
    await clock.settle();

    expect(deliveries.map(({ labels }) => labels.length)).toEqual([16, 16, 8]);
    expect(deliveries.flatMap(({ labels }) => labels)).toEqual(numbers(40).map(String));
    expect(acknowledged).toEqual(numbers(40).map(String));
  });

  it('keeps what fails at its head, and waits longer each time: 50 ms to 10 s', async () => {
    const { clock, push, deliveries, acknowledged } = setup({
      answer() {
        throw new Error('not now');
      },
    });
    push(capture(1));
    await clock.settle();
    push(capture(2));
    await clock.advance(60_000);

    const waits = deliveries.slice(1).map(({ atMs }, index) => atMs - (deliveries[index]?.atMs ?? 0));
    expect(waits.slice(0, 10)).toEqual([50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    for (const { labels } of deliveries) expect(labels[0]).toBe('1');
    expect(acknowledged).toEqual([]);
  });

  it('hands over again what was stale', async () => {
    const answers: Handled[] = ['stale', 'done'];
    const { clock, push, deliveries, acknowledged } = setup({ answer: () => answers.shift() ?? 'done' });
    push(capture(1));
    await clock.settle();

    expect(deliveries.map(({ labels }) => labels)).toEqual([['1'], ['1']]);
    expect(acknowledged).toEqual(['1']);
  });

  it('acknowledges what nobody accepts, and bothers nobody with it', async () => {
    const { clock, push, deliveries, acknowledged } = setup({ accepts: ({ type }) => type !== 'ReleasePayment' });
    push(release(1), release(2));
    await clock.settle();

    expect(deliveries).toEqual([]);
    expect(acknowledged).toEqual(['1', '2']);
  });

  it('stops before a type that is newer than the process, and goes on with it once it is known', async () => {
    let isKnown = false;
    const { clock, push, deliveries, acknowledged } = setup({
      accepts({ type }) {
        if (type === 'ReleasePayment' && !isKnown) throw new TransientError('newer than this process');
        return true;
      },
    });
    push(capture(1), release(2), capture(3));
    await clock.advance(5_000);
    expect(acknowledged).toEqual(['1']);

    isKnown = true;
    await clock.advance(10_000);
    expect(deliveries.flatMap(({ labels }) => labels)).toEqual(['1', '2', '3']);
  });
});

it('knows where a message came from while it is in hand, and forgets it afterwards', async () => {
  const accepted = capture(1);
  const passedBy = release(2);
  const origins: unknown[] = [];
  const { clock, lanes, push } = setup({
    accepts: ({ type }) => type !== 'ReleasePayment',
    answer() {
      origins.push(lanes.originOf(accepted.id)?.content.toString());
      return 'done';
    },
  });
  push(passedBy, accepted);
  await clock.settle();

  expect(origins).toEqual(['{"attempt":1}']);
  expect(lanes.originOf(accepted.id)).toBeUndefined();
  expect(lanes.originOf(passedBy.id)).toBeUndefined();
});

describe('a connection that is lost', () => {
  it('takes along what waited, and what was in hand is acknowledged to nobody', async () => {
    const gate = Promise.withResolvers<Handled>();
    const { clock, lanes, push, deliveries, acknowledged } = setup({ answer: () => gate.promise });
    push(capture(1));
    await clock.settle();
    push(capture(2));
    lanes.reset();
    push(capture(1), capture(2));
    await clock.settle();
    // One delivery of a partition is in hand at a time, whatever it came by.
    expect(deliveries).toHaveLength(1);

    gate.resolve('done');
    await clock.settle();
    expect(deliveries.map(({ labels }) => labels)).toEqual([['1'], ['1', '2']]);
    expect(acknowledged).toEqual(['1', '2']);
  });
});

describe('stopping', () => {
  it('waits for what is in hand, acknowledges it and takes nothing else', async () => {
    const gate = Promise.withResolvers<Handled>();
    const { clock, lanes, push, deliveries, acknowledged } = setup({ answer: () => gate.promise });
    push(capture(1));
    await clock.settle();
    push(capture(2));
    const stopped = lanes.stop();
    push(capture(3));
    gate.resolve('done');
    await stopped;
    await clock.settle();

    expect(deliveries.map(({ labels }) => labels)).toEqual([['1']]);
    expect(acknowledged).toEqual(['1']);
  });

  it('does not wait for the next try', async () => {
    const { clock, lanes, push, acknowledged } = setup({
      answer() {
        throw new Error('not now');
      },
    });
    push(capture(1));
    await clock.advance(5_000);
    await lanes.stop();

    expect(acknowledged).toEqual([]);
  });
});

describe('a foreign record', () => {
  const foreign = (parts: Partial<ConsumeMessage> = {}) =>
    receivedOf(capture(0), { properties: { headers: { ce_id: 'somebody else' } } as never, ...parts });

  it('is parked by what it holds, acknowledged, and holds nobody', async () => {
    const parked: ForeignRecord[] = [];
    const { clock, lanes, push, deliveries, acknowledged } = setup({
      parkForeign: async (record) => void parked.push(record),
    });
    const end = () => void acknowledged.push('foreign');
    lanes.push(0, foreign(), end);
    lanes.push(0, foreign(), end);
    lanes.push(0, foreign({ content: Buffer.from('other') }), end);
    push(capture(1));
    await clock.settle();

    expect(parked.map(({ reason }) => reason)).toEqual(Array(3).fill('ce_id is not the id of a message'));
    const [one, again, other] = parked.map(({ id }) => id);
    expect(again).toBe(one);
    expect(other).not.toBe(one);
    expect(deliveries.map(({ labels }) => labels)).toEqual([['1']]);
    expect(acknowledged).toEqual(['foreign', 'foreign', 'foreign', '1']);
  });

  it('waits with all that is behind it while it cannot be parked', async () => {
    let isAway = true;
    const { clock, lanes, push, acknowledged } = setup({
      async parkForeign() {
        if (isAway) throw new Error('the database is away');
      },
    });
    lanes.push(0, foreign(), () => void acknowledged.push('foreign'));
    push(capture(1));
    await clock.advance(1_000);
    expect(acknowledged).toEqual([]);

    isAway = false;
    await clock.advance(2_000);
    expect(acknowledged).toEqual(['foreign', '1']);
  });

  it.each([
    ['from no topic', receivedOf(capture(1), {}, ''), 'it came by the exchange of no topic'],
    [
      'of an order of another partition',
      receivedOf(build('CapturePayment', anOrder(1), { attempt: 1 })),
      'its order belongs in partition 1',
    ],
  ])('is also one %s', async (_, received, reason) => {
    const parked: ForeignRecord[] = [];
    const { clock, lanes } = setup({ parkForeign: async (record) => void parked.push(record) });
    lanes.push(0, received, () => {});
    await clock.settle();

    expect(parked.map((record) => record.reason)).toEqual([reason]);
  });

  it('passes by where nobody lists it', async () => {
    const { clock, lanes, acknowledged } = setup();
    lanes.push(0, foreign(), () => void acknowledged.push('foreign'));
    await clock.settle();

    expect(acknowledged).toEqual(['foreign']);
  });
});
