import { err, ok } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, it } from 'vitest';
import { createEventLog } from './event-log.ts';
import { execute } from './execute.ts';
import { createMemoryStorage } from './memory/index.ts';
import { maxStreamEvents } from './rows.ts';
import { createStreams, type Loaded } from './streams.ts';
import {
  because,
  created,
  order,
  type OrderCommand,
  type OrderState,
  orderStream,
  paid,
  stateOf,
} from './testing/order.fixture.ts';
import { anOrder, aUnit, testIdentity } from './testing/index.ts';
import { createScriptedStorage } from './testing/scripted-storage.ts';

function setUp() {
  const clock = createVirtualClock();
  const storage = createScriptedStorage(createMemoryStorage({ identity: testIdentity, clock }));
  const log = createEventLog({ storage, clock });
  const streams = createStreams(log, orderStream);
  /** The states that a command was decided on. */
  const decidedOn: Loaded<OrderState>[] = [];
  const decide = (command: OrderCommand) => (loaded: Loaded<OrderState>) => {
    decidedOn.push(loaded);
    return order.decide(loaded.state, command);
  };
  const run = (command: OrderCommand, cause: string, key?: string) =>
    execute(
      { log, streams },
      {
        streamId: anOrder(),
        cause: because(cause),
        decide: decide(command),
        ...(key === undefined ? {} : { key: { keyHash: key, commandHash: 'command-1', streamId: anOrder() } }),
      },
    );
  /** What another process records, unseen by this one's cache. */
  const elsewhere = async (version: number, ...events: Parameters<typeof streams.decided>[1]) => {
    const loaded = await createStreams(log, orderStream).loadFresh(anOrder());
    expect(loaded.version).toBe(version);
    await storage.commit([{ units: [streams.decided(loaded, events, because(`elsewhere ${version}`)).unit] }]);
  };
  return { clock, storage, log, streams, decidedOn, run, elsewhere };
}

const place: OrderCommand = { type: 'PlaceOrder', total: 100 };
const pay: OrderCommand = { type: 'PayOrder', amount: 100 };

describe('a command', () => {
  it('is decided on the state of its stream and recorded', async () => {
    const { run, log } = setUp();
    expect(await run(place, 'request 1')).toMatchObject({
      ok: true,
      value: {
        loaded: { version: 1, state: stateOf('CREATED', 100, 0) },
        rows: [{ type: 'OrderCreated' }],
        repeated: false,
      },
    });
    expect(await run(pay, 'request 2')).toMatchObject({
      ok: true,
      value: { loaded: { version: 2, state: stateOf('PAID', 100, 100) }, repeated: false },
    });
    expect((await log.readStream(anOrder())).map((row) => row.causeId)).toEqual(
      ['request 1', 'request 2'].map((name) => because(name).id),
    );
    expect(await log.readModel(anOrder())).toMatchObject({ version: 2, view: stateOf('PAID', 100, 100) });
  });

  it('leaves the state that it led to in the cache', async () => {
    const { run, streams } = setUp();
    const executed = await run(place, 'request 1');
    expect(await streams.load(anOrder())).toEqual(executed.ok ? executed.value.loaded : undefined);
  });

  it('that changes nothing records nothing', async () => {
    const { run, log } = setUp();
    await run(place, 'request 1');
    await run(pay, 'request 2');
    expect(await run(pay, 'request 3', 'key-3')).toMatchObject({ ok: true, value: { rows: [], repeated: true } });
    expect(await log.readStream(anOrder())).toHaveLength(2);
    expect(await log.key('key-3')).toBeUndefined();
  });
});

describe('the same command again', () => {
  it('answers with what it recorded, on the state as it is now, and does not decide', async () => {
    const { run, log, decidedOn } = setUp();
    const first = await run(place, 'request 1');
    await run(pay, 'request 2');
    decidedOn.length = 0;
    const again = await run(place, 'request 1');
    expect(again).toEqual({
      ok: true,
      value: {
        loaded: expect.objectContaining({ version: 2, state: stateOf('PAID', 100, 100) }),
        rows: first.ok ? first.value.rows : undefined,
        repeated: true,
      },
    });
    expect(decidedOn).toEqual([]);
    expect(await log.readStream(anOrder())).toHaveLength(2);
  });

  it('is told to be repeated when the other one got in between the decision and the append', async () => {
    const { run, log } = setUp();
    const both = await Promise.all([run(place, 'request 1'), run(place, 'request 1')]);
    expect(both.map((each) => each.ok && each.value.repeated)).toEqual([false, true]);
    expect(both[1]).toMatchObject({ ok: true, value: { loaded: { version: 1 }, rows: [{ version: 1 }] } });
    expect(await log.readStream(anOrder())).toHaveLength(1);
  });

  it('is recorded once although the log’s answer was lost', async () => {
    const { run, storage, clock, log } = setUp();
    storage.next('lost-after');
    const running = run(place, 'request 1');
    await clock.advance(1_000);
    expect(await running).toMatchObject({ ok: true, value: { repeated: false } });
    expect(await log.readStream(anOrder())).toHaveLength(1);
  });
});

describe('a stream that moved on', () => {
  it('makes the command decide again, on the newer state', async () => {
    const { run, elsewhere, storage, clock, decidedOn } = setUp();
    await run(place, 'request 1');
    const release = storage.hold();
    const running = run({ type: 'PayOrder', amount: 60 }, 'request 2');
    await clock.settle();
    storage.next('locked');
    release();
    await clock.settle();
    await elsewhere(1, paid(40));
    await clock.advance(1_000);
    expect(await running).toMatchObject({
      ok: true,
      value: { loaded: { version: 3, state: stateOf('PAID', 100, 100) }, rows: [{ version: 3 }] },
    });
    expect(decidedOn.map((loaded) => loaded.version)).toEqual([0, 1, 2]);
  });

  it('is given up after twenty tries', async () => {
    const { storage, log, streams } = setUp();
    let tries = 0;
    const running = execute(
      { log, streams },
      {
        streamId: anOrder(),
        cause: because('request 1'),
        decide(loaded) {
          tries += 1;
          // Somebody else is always faster.
          void storage.commit([{ units: [aUnit(anOrder(), loaded.version, { cause: `faster ${tries}` })] }]);
          return ok([created(tries)]);
        },
      },
    );
    await expect(running).rejects.toThrow('moved on 20 times');
    expect(tries).toBe(20);
  });
});

describe('a refusal', () => {
  it('is a value, and records nothing', async () => {
    const { run, log } = setUp();
    expect(await run(pay, 'request 1')).toEqual(err({ kind: 'refused', refusal: 'order-not-found' }));
    expect(await log.heads()).toEqual([0, 0, 0, 0]);
  });

  it('is never given on a state that was read before the command came', async () => {
    const { run, elsewhere, streams } = setUp();
    await elsewhere(0, created(100));
    // What the cache knows is old: another process has paid the order since, or so this one thinks.
    await streams.load(anOrder());
    await elsewhere(1, paid(100));
    expect(await run(place, 'request 1')).toEqual(err({ kind: 'refused', refusal: 'order-exists' }));
    expect(await run(pay, 'request 2')).toMatchObject({ ok: true, value: { repeated: true, loaded: { version: 2 } } });
  });
});

describe('an idempotency key', () => {
  it('is claimed with the command', async () => {
    const { run, log } = setUp();
    await run(place, 'request 1', 'key-1');
    expect(await log.key('key-1')).toMatchObject({ commandHash: 'command-1', streamId: anOrder() });
  });

  it('that is taken ends the command with its record', async () => {
    const { run, log } = setUp();
    await run(place, 'request 1', 'key-1');
    expect(await run(pay, 'request 2', 'key-1')).toEqual(err({ kind: 'key-taken', record: await log.key('key-1') }));
    expect(await log.readStream(anOrder())).toHaveLength(1);
  });
});

describe('a command that cannot be recorded', () => {
  it('throws when the log is away', async () => {
    const { run, storage, clock } = setUp();
    storage.next('locked', 'locked', 'locked', 'locked', 'locked', 'locked');
    const running = expect(run(place, 'request 1')).rejects.toMatchObject({ name: 'LogUnavailableError' });
    await clock.advance(10_000);
    await running;
  });

  it('throws when the stream is full', async () => {
    const { log, streams } = setUp();
    const events = Array.from({ length: maxStreamEvents }, () => created(1));
    await log.append({ units: [aUnit(anOrder(), 0, { events })] });
    const command = { streamId: anOrder(), cause: because('one too many'), decide: () => ok([paid(1)]) };
    await expect(execute({ log, streams }, command)).rejects.toMatchObject({ name: 'StreamTooLongError' });
    expect(await log.readStream(anOrder())).toHaveLength(maxStreamEvents);
  });
});
