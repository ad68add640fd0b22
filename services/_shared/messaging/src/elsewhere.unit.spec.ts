import type { RawMessage } from '@checkout/contracts';
import { createEventLog, createStreams } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { anOrder, createScriptedStorage, testIdentity } from '@checkout/event-log/testing';
import { causeOf } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { createSilentLogger } from '@checkout/runtime/testing';
import { describe, expect, it } from 'vitest';
import { createRelay } from './relay.ts';
import { type Tally, tallied, type TallyEvent, tallyStream } from './testing/tally.fixture.ts';
import { createStreamTimers } from './timer-work.ts';

const ours = anOrder(0, 1);
const longMs = 60_000;

/** Processes on one log that come and go, and the broker that they publish to. */
function setup() {
  const clock = createVirtualClock();
  const storage = createScriptedStorage(
    createMemoryStorage({ identity: { ...testIdentity, service: 'order' }, clock }),
  );
  const published: { readonly owner: string; readonly message: RawMessage }[] = [];
  let slowness = { owner: '', ms: 0 };

  const openLog = () => createEventLog({ storage, clock });
  const relayOf = (owner: string) => {
    const publish = async (_partition: number, messages: readonly RawMessage[]) => {
      if (owner === slowness.owner) await clock.sleep(slowness.ms);
      published.push(...messages.map((message) => ({ owner, message })));
    };
    return createRelay({ log: openLog(), publisher: { publish }, clock, logger: createSilentLogger(), owner });
  };
  /** Records a row that sends a message, and a timer if one is named. */
  const record = async (
    log: ReturnType<typeof openLog>,
    timer?: { readonly kind: string; readonly afterMs: number },
  ) => {
    const streams = createStreams<Tally, TallyEvent>(log, tallyStream);
    const loaded = await streams.loadFresh(ours);
    const emits = [{ type: 'OrderCancellationRefused', data: { reason: String(loaded.version + 1) } }];
    const row = { ...tallied(String(loaded.version + 1)), emits, ...(timer && { timer }) };
    const cause = { id: causeOf('record', loaded.version), correlationId: 'c' };
    return log.append({ units: [streams.decided(loaded, [row], cause).unit] });
  };
  const timersOf = (log: ReturnType<typeof openLog>) =>
    createStreamTimers<Tally, TallyEvent>({
      log,
      streams: createStreams<Tally, TallyEvent>(log, tallyStream),
      clock,
      logger: createSilentLogger(),
      handle: (_loaded, { kind }) => ({ events: [{ ...tallied(`${kind} fired`), timer: null }] }),
    });
  return {
    clock,
    storage,
    openLog,
    relayOf,
    record,
    timersOf,
    published,
    slowDown: (owner: string, ms: number) => {
      slowness = { owner, ms };
    },
    labels: async () => (await storage.readStream(ours)).map(({ data }) => (data as { readonly label: string }).label),
  };
}

const reasonsOf = (published: readonly { readonly message: RawMessage }[]) =>
  published.map(({ message }) => (message.data as { readonly reason: string }).reason);
const firstCopies = (reasons: readonly string[]) => [...new Set(reasons)];

describe('as it went wrong elsewhere: the outbox', () => {
  it('a row that is never published: its writer died over the commit, and the next relay carries it', async () => {
    const { clock, storage, openLog, relayOf, record, published } = setup();
    // The commit lands, and nobody in the writer's process gets to know.
    storage.next('lost-after', 'lost-before', 'lost-before', 'lost-before', 'lost-before', 'lost-before');
    const recorded = record(openLog()).catch((error: unknown) => error);
    await clock.advance(longMs);
    expect(await recorded).toMatchObject({ outcomeUnknown: true });
    expect(published).toEqual([]);

    const relay = relayOf('next');
    relay.start();
    await clock.advance(1_000);
    await relay.stop();
    expect(reasonsOf(published)).toEqual(['1']);
  });

  it('a row that is recorded while no relay runs is published by the one that comes, behind its elders', async () => {
    const { clock, openLog, relayOf, record, published } = setup();
    const log = openLog();
    await record(log);
    const first = relayOf('first');
    first.start();
    await clock.advance(1_000);
    await first.stop();
    await record(log);
    await record(log);
    const second = relayOf('second');
    second.start();
    await clock.advance(1_000);
    await second.stop();

    expect(reasonsOf(published)).toEqual(['1', '2', '3']);
  });

  it('two relays at once: the order is kept, although the one that is slow wakes up behind its successor', async () => {
    const { clock, openLog, relayOf, record, published, slowDown } = setup();
    const log = openLog();
    slowDown('slow', 15_000);
    await record(log);
    await record(log);
    const relays = ['slow', 'quick'].map((owner) => relayOf(owner));
    for (const relay of relays) {
      relay.start();
      await clock.advance(10);
    }
    await clock.advance(5_000);
    await record(log);
    await clock.advance(longMs);
    await record(log);
    await clock.advance(longMs);
    const stopped = Promise.all(relays.map((relay) => relay.stop()));
    await clock.advance(longMs);
    await stopped;

    // Both have published: what the first one held when it lost its lease came once more, behind its first copy.
    expect(new Set(published.map(({ owner }) => owner))).toEqual(new Set(['slow', 'quick']));
    expect(firstCopies(reasonsOf(published))).toEqual(['1', '2', '3', '4']);
    expect(reasonsOf(published).toSorted()).toEqual(['1', '1', '2', '2', '3', '4']);
  });
});

describe('as it went wrong elsewhere: the timer', () => {
  it('a crash between the event and its timer: the row is the timer, and the next process fires it once', async () => {
    const { clock, storage, openLog, record, timersOf, labels } = setup();
    storage.next('lost-after', 'lost-before', 'lost-before', 'lost-before', 'lost-before', 'lost-before');
    const recorded = record(openLog(), { kind: 'ask', afterMs: 5_000 }).catch((error: unknown) => error);
    await clock.advance(longMs);
    expect(await recorded).toMatchObject({ outcomeUnknown: true });
    expect(await labels()).toEqual(['1']);

    // Two processes take over, as in a rolling restart.
    const timers = [timersOf(openLog()), timersOf(openLog())];
    for (const loop of timers) loop.start();
    await clock.advance(longMs);
    const stopped = Promise.all(timers.map((loop) => loop.stop()));
    await clock.advance(1_000);
    await stopped;
    expect(await labels()).toEqual(['1', 'ask fired']);
  });
});
