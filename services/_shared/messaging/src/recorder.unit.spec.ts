import { createEventLog, createStreams, type Loaded } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, testIdentity } from '@checkout/event-log/testing';
import { causeOf } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { expect, it } from 'vitest';
import { createRecorder } from './recorder.ts';
import { type Tally, tallied, type TallyEvent, tallyStream } from './testing/tally.fixture.ts';

/** A stream at version 1, on which work has begun. */
async function setup() {
  const clock = createVirtualClock();
  const log = createEventLog({ storage: createMemoryStorage({ identity: testIdentity, clock }), clock });
  const streams = createStreams<Tally, TallyEvent>(log, tallyStream);
  const moveOn = async (label: string): Promise<Loaded<Tally>> => {
    const loaded = await streams.loadFresh(anOrder());
    const cause = { id: causeOf('test', label), correlationId: 'c' };
    await log.append({ units: [streams.decided(loaded, [tallied(label)], cause).unit] });
    return streams.loadFresh(anOrder());
  };
  const record = createRecorder<Tally, TallyEvent>({ log, streams });
  const tally = async () => (await streams.loadFresh(anOrder())).state.labels;
  return { record, moveOn, tally, begun: await moveOn('begun') };
}

it('an outcome is decided on the state as it is by then', async () => {
  const { record, moveOn, tally, begun } = await setup();
  await moveOn('meanwhile');
  await record(begun, ({ labels }) => [tallied(`after ${labels.join(' and ')}`)]);

  expect(await tally()).toEqual(['begun', 'meanwhile', 'after begun and meanwhile']);
});

it('of two outcomes of one beginning the first counts', async () => {
  const { record, tally, begun } = await setup();
  await Promise.all([record(begun, () => [tallied('first')]), record(begun, () => [tallied('second')])]);
  await record(begun, () => [tallied('third')]);

  expect(await tally()).toHaveLength(2);
});

it('an outcome that says nothing leaves room for one that does', async () => {
  const { record, tally, begun } = await setup();
  await record(begun, () => []);
  await record(begun, () => [tallied('known')]);

  expect(await tally()).toEqual(['begun', 'known']);
});

it('each beginning has an outcome of its own', async () => {
  const { record, moveOn, tally, begun } = await setup();
  const later = await moveOn('again');
  await record(later, () => [tallied('outcome of again')]);
  await record(begun, () => [tallied('outcome of begun')]);

  expect(await tally()).toEqual(['begun', 'again', 'outcome of again', 'outcome of begun']);
});
