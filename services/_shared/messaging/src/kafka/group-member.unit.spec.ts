import { topicOf } from '@checkout/contracts';
import { anOrder } from '@checkout/event-log/testing';
import { createVirtualClock } from '@checkout/kernel/testing';
import { createRecordingLogger } from '@checkout/runtime/testing';
import type { ConsumerRunConfig, Kafka } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnectionLog } from '../broker/connection-log.ts';
import { encodeMessage } from '../broker/wire.ts';
import type { Delivery } from '../bus.port.ts';
import { labels, numbers } from '../testing/contract/context.ts';
import { createMessageBuilder } from '../testing/messages.builder.ts';
import { createGroupMember } from './group-member.ts';

const topic = topicOf('CapturePayment');
const partitions = 2;

type Position = { readonly topic: string; readonly partition: number; readonly offset: string };

/** Plays kafkajs and the broker: a test says what happens to the membership, and what is fetched. */
function createFakeKafka() {
  const listeners = new Map<string, (event: { readonly payload: object }) => void>();
  const committed: Position[] = [];
  const seeks: Position[] = [];
  let members = 0;
  let refusal: Error | undefined;
  let run: ConsumerRunConfig = {};
  const done = () => Promise.resolve();
  const consumer = {
    events: { GROUP_JOIN: 'join', REBALANCING: 'rebalancing', CRASH: 'crash' },
    on: (name: string, listener: (event: { readonly payload: object }) => void) => listeners.set(name, listener),
    connect: done,
    subscribe: done,
    disconnect: done,
    run: (config: ConsumerRunConfig) => {
      run = config;
      return done();
    },
    commitOffsets: (positions: readonly Position[]) => {
      if (refusal !== undefined) return Promise.reject(refusal);
      committed.push(...positions);
      return done();
    },
    seek: (position: Position) => seeks.push(position),
    pause: () => {},
    resume: () => {},
  };
  const build = createMessageBuilder(partitions);
  const emit = (name: string, payload: object = {}) => listeners.get(name)?.({ payload });
  return {
    client: {
      consumer: () => {
        members += 1;
        return consumer;
      },
    } as unknown as Kafka,
    members: () => members,
    refuseCommits: (error: Error | undefined) => {
      refusal = error;
    },
    committed,
    seeks,
    join: (...owned: readonly number[]) => emit('join', { memberAssignment: { [topic]: owned } }),
    rebalance: () => emit('rebalancing'),
    /** Hands over records as one fetch brings them, from `from` on. */
    fetch(partition: number, from: number, count: number) {
      const messages = numbers(count, from).map((offset) => {
        const { key, headers, value } = encodeMessage(build('CapturePayment', anOrder(partition), { attempt: offset }));
        return { key, headers, value, offset: String(offset), timestamp: '0', attributes: 0 };
      });
      void run.eachBatch?.({
        batch: { topic, partition, messages, lastOffset: () => String(from + count - 1) },
        isRunning: () => true,
        isStale: () => false,
        resolveOffset: () => {},
      } as unknown as Parameters<NonNullable<ConsumerRunConfig['eachBatch']>>[0]);
    },
  };
}

function setup() {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  const kafka = createFakeKafka();
  const handled: Delivery['messages'][number][] = [];
  let gate = Promise.resolve();
  const member = createGroupMember({
    client: kafka.client,
    prefix: '',
    partitions,
    clock,
    logger,
    connection: createConnectionLog(logger, 'Kafka'),
    subscription: {
      group: 'payment',
      topics: [topic],
      accepts: () => true,
      async handle({ messages }) {
        await gate;
        handled.push(...messages);
        return 'done';
      },
    },
  });
  /** What is delivered from now on is in hand until the returned function is called. */
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    return resolve;
  };
  return { clock, kafka, member, handled, hold };
}

describe('a member whose group is rebalanced', () => {
  let world: ReturnType<typeof setup>;
  let release: () => void;
  beforeEach(async () => {
    world = setup();
    world.member.start();
    await world.clock.settle();
    world.kafka.join(0, 1);
    release = world.hold();
    world.kafka.fetch(0, 0, 40);
    await world.clock.settle();
    world.kafka.rebalance();
  });
  afterEach(async () => {
    const stopping = world.member.stop();
    await world.clock.advance(1_000);
    await stopping;
  });

  it('skips nothing when it cannot join anew, and kafkajs goes on fetching where it was', async () => {
    const { kafka, clock, handled } = world;
    kafka.fetch(0, 40, 10);
    release();
    await clock.advance(1_000);

    expect(labels(handled)).toEqual(numbers(50, 0).map(String));
    expect(kafka.committed.at(-1)).toEqual({ topic, partition: 0, offset: '50' });
  });

  it('goes on from what it has done itself where it keeps a partition', async () => {
    const { kafka, clock, handled } = world;
    kafka.join(0);
    expect(kafka.seeks).toEqual([{ topic, partition: 0, offset: '0' }]);
    kafka.fetch(0, 0, 40);
    release();
    await clock.advance(1_000);

    expect([...new Set(labels(handled))]).toEqual(numbers(40, 0).map(String));
    expect(kafka.committed.at(-1)).toEqual({ topic, partition: 0, offset: '40' });
  });

  it('joins anew when the group has forgotten it and kafkajs does not notice', async () => {
    const { kafka, clock } = world;
    const forgotten = Object.assign(new Error('unknown member'), { type: 'UNKNOWN_MEMBER_ID' });
    kafka.refuseCommits(new Error('not retriable', { cause: forgotten }));
    release();
    await clock.advance(5_000);
    expect(kafka.members()).toBe(1);
    await clock.advance(3_000);
    expect(kafka.members()).toBe(2);

    kafka.refuseCommits(undefined);
    kafka.join(0);
    expect(kafka.seeks).toEqual([{ topic, partition: 0, offset: '40' }]);
    kafka.fetch(0, 40, 1);
    await clock.advance(1_000);
    expect(kafka.committed.at(-1)).toEqual({ topic, partition: 0, offset: '41' });
  });

  it('stays a member while commits fail for another reason', async () => {
    const { kafka, clock } = world;
    kafka.refuseCommits(new Error('the coordinator is loading'));
    release();
    await clock.advance(20_000);
    expect(kafka.members()).toBe(1);
    kafka.refuseCommits(undefined);
    await clock.advance(1_000);
    expect(kafka.committed.at(-1)).toEqual({ topic, partition: 0, offset: '40' });
  });

  it('calls nothing its own any more where it loses a partition', async () => {
    const { kafka, clock, handled } = world;
    kafka.join(1);
    release();
    await clock.advance(1_000);

    expect(labels(handled)).toEqual(numbers(16, 0).map(String));
    expect(kafka.committed).toEqual([]);
  });
});
