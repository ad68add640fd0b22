import type { OrderId } from '@checkout/kernel';
import { describe, expect, it } from 'vitest';
import type { TimerChange } from '../../rows.ts';
import type { LogStorage, ReadModelQuery } from '../../storage.port.ts';
import { anEvent, anOrder, aUnit } from '../units.builder.ts';
import { append, type ContractContext, given } from './context.ts';

/** Read-model rows, lists over them, and the timers that they carry. */
export function describeReadModel({ storage, clock }: ContractContext): void {
  describe('a read-model row', () => {
    it('shows what the last unit of its stream said, and when the first and the last were recorded', async () => {
      const order = anOrder();
      const [first] = await given(storage(), aUnit(order, 0, { view: { items: [1, 2] }, columns: { total: 10 } }));
      await clock.advance(20);
      const [, last] = await given(
        storage(),
        aUnit(order, 1, { events: [anEvent(1), anEvent(2)], view: { items: [] }, columns: { total: null } }),
      );
      expect(last?.recordedAt).toBeGreaterThan(first?.recordedAt ?? Infinity);
      expect(await storage().readModel(order)).toEqual({
        streamId: order,
        version: 3,
        createdAt: first?.recordedAt,
        updatedAt: last?.recordedAt,
        view: { items: [] },
        columns: { user_id: 'ada', status: 'SHIPPED', total: null },
        timer: null,
      });
    });

    it('shows the last of several units of one transaction', async () => {
      const order = anOrder();
      await given(storage(), aUnit(order, 0), aUnit(order, 1), aUnit(anOrder(1)), aUnit(order, 2, { view: 'last' }));
      expect(await storage().readModel(order)).toMatchObject({ version: 3, view: 'last' });
    });

    it('is not touched by a unit that is set aside', async () => {
      await given(storage(), aUnit(anOrder(), 0));
      const before = await storage().readModel(anOrder());
      await append(storage(), aUnit(anOrder(), 0, { cause: 'stale', view: { status: 'STALE' } }));
      expect(await storage().readModel(anOrder())).toEqual(before);
    });
  });

  describe('a list', () => {
    const list = async (query: Partial<ReadModelQuery>) =>
      (await storage().listReadModel({ limit: 100, ...query })).map((row) => row.streamId);

    /** Four orders of two people, in four partitions, recorded 20 ms apart. */
    const fourOrders = async (log: LogStorage) => {
      const columns = [
        { user_id: 'ada', status: 'CREATED', total: 1 },
        { user_id: 'bob', status: 'CREATED', total: null },
        { user_id: 'ada', status: 'PAID', total: 3 },
        { user_id: 'ada', status: 'CREATED', total: 1 },
      ];
      const ids: OrderId[] = [];
      for (const [index, row] of columns.entries()) {
        ids.push(anOrder(3 - index, index + 1));
        await given(log, aUnit(anOrder(3 - index, index + 1), 0, { columns: row }));
        await clock.advance(20);
      }
      return ids;
    };

    it('is newest first', async () => {
      const ids = await fourOrders(storage());
      expect(await list({})).toEqual(ids.toReversed());
    });

    it('is oldest first when that is asked for', async () => {
      const [first, second, , fourth] = await fourOrders(storage());
      expect(await list({ oldestFirst: true, limit: 2 })).toEqual([first, second]);
      expect(await list({ oldestFirst: true, equals: { user_id: 'ada', status: 'CREATED' } })).toEqual([first, fourth]);
    });

    it('filters by one column or several', async () => {
      const [first, second, third, fourth] = await fourOrders(storage());
      expect(await list({ equals: { user_id: 'ada' } })).toEqual([fourth, third, first]);
      expect(await list({ equals: { user_id: 'ada', status: 'CREATED' } })).toEqual([fourth, first]);
      expect(await list({ equals: { total: 3 } })).toEqual([third]);
      expect(await list({ equals: { total: null } })).toEqual([second]);
      expect(await list({ equals: { user_id: 'ADA' } })).toEqual([]);
      expect(await list({ equals: { user_id: '' } })).toEqual([]);
      expect(await list({ equals: { user_id: "ada' OR '1'='1" } })).toEqual([]);
    });

    it('starts at an instant', async () => {
      const ids = await fourOrders(storage());
      const third = await storage().readModel(ids[2] as OrderId);
      expect(await list({ createdFrom: third?.createdAt ?? 0 })).toEqual([ids[3], ids[2]]);
      expect(await list({ createdFrom: clock.now() + 1_000 })).toEqual([]);
    });

    it('goes on below an id, page by page, and misses nothing', async () => {
      const ids = await fourOrders(storage());
      const first = await list({ limit: 3 });
      const second = await list({ limit: 3, beforeId: first.at(-1)! });
      const pages = [first, second, await list({ limit: 3, beforeId: second.at(-1)! })];
      expect(pages.map((page) => page.length)).toEqual([3, 1, 0]);
      expect(pages.flat()).toEqual(ids.toReversed());
      expect(await list({ equals: { user_id: 'ada' }, beforeId: ids[3]!, limit: 1 })).toEqual([ids[2]]);
    });

    it('counts the rows of each value', async () => {
      expect(await storage().countReadModel('status')).toEqual(new Map());
      await fourOrders(storage());
      expect(await storage().countReadModel('status')).toEqual(
        new Map([
          ['CREATED', 3],
          ['PAID', 1],
        ]),
      );
      expect((await storage().countReadModel('total')).get(null)).toBe(1);
    });
  });

  describe('a stream’s timer', () => {
    const timerOf = async (order: OrderId) => (await storage().readModel(order))?.timer;
    const withTimer = (timer: TimerChange) => ({ events: [anEvent(0, { timer })] });

    it('is due its wait after its row was recorded, and names the version that set it', async () => {
      const order = anOrder();
      const [row] = await given(storage(), aUnit(order, 0, withTimer({ kind: 'announce', afterMs: 60_000 })));
      expect(await timerOf(order)).toEqual({
        kind: 'announce',
        dueAt: (row?.recordedAt ?? 0) + 60_000,
        setByVersion: 1,
      });
    });

    it('is kept by a row that says nothing of it, replaced by one that sets another, cleared by one that says so', async () => {
      const order = anOrder();
      await given(storage(), aUnit(order, 0, withTimer({ kind: 'announce', afterMs: 60_000 })));
      const first = await timerOf(order);
      await clock.advance(5);
      await given(storage(), aUnit(order, 1));
      expect(await timerOf(order)).toEqual(first);
      const [row] = await given(storage(), aUnit(order, 2, withTimer({ kind: 'retry', afterMs: 5_000 })));
      expect(await timerOf(order)).toEqual({ kind: 'retry', dueAt: (row?.recordedAt ?? 0) + 5_000, setByVersion: 3 });
      await given(storage(), aUnit(order, 3, withTimer(null)));
      expect(await timerOf(order)).toBeNull();
      await given(storage(), aUnit(order, 4));
      expect(await timerOf(order)).toBeNull();
    });

    it('is what the last change of a unit, and of a transaction, says', async () => {
      const order = anOrder();
      const set = (kind: string) => ({ kind, afterMs: 60_000 });
      await given(
        storage(),
        aUnit(order, 0, { events: [anEvent(0, { timer: set('a') }), anEvent(1, { timer: set('b') }), anEvent(2)] }),
        aUnit(order, 3),
      );
      expect(await timerOf(order)).toMatchObject({ kind: 'b', setByVersion: 2 });
      await given(
        storage(),
        aUnit(order, 4, { events: [anEvent(4, { timer: set('c') }), anEvent(5, { timer: null })] }),
      );
      expect(await timerOf(order)).toBeNull();
      await given(
        storage(),
        aUnit(order, 6, { events: [anEvent(6, { timer: null }), anEvent(7, { timer: set('d') })] }),
      );
      expect(await timerOf(order)).toMatchObject({ kind: 'd', setByVersion: 8 });
    });

    it('that a unit ends stays ended for the next units of the same transaction', async () => {
      const order = anOrder();
      await given(storage(), aUnit(order, 0, withTimer({ kind: 'retry', afterMs: 5_000 })));
      await given(storage(), aUnit(order, 1, withTimer(null)), aUnit(order, 2));
      expect(await timerOf(order)).toBeNull();
    });

    it('that a unit sets is kept by the next units of the same transaction', async () => {
      const order = anOrder();
      await given(storage(), aUnit(order, 0, withTimer({ kind: 'retry', afterMs: 5_000 })));
      await given(storage(), aUnit(order, 1, withTimer({ kind: 'again', afterMs: 9_000 })), aUnit(order, 2));
      expect(await timerOf(order)).toMatchObject({ kind: 'again', setByVersion: 2 });
    });

    it('is listed once it is due, the longest due first, up to a limit', async () => {
      const due = (order: OrderId, afterMs: number) =>
        aUnit(order, 0, withTimer({ kind: `after-${afterMs}`, afterMs }));
      // In one transaction, so that all wait from the same instant on.
      await given(
        storage(),
        due(anOrder(0, 1), 60_000),
        due(anOrder(1, 2), 20),
        due(anOrder(2, 3), 0),
        due(anOrder(3, 4), 10),
      );
      await given(storage(), aUnit(anOrder(0, 5)));
      await clock.advance(50);
      const timers = await storage().dueTimers(10);
      expect(timers.map(({ streamId, kind, setByVersion }) => [streamId, kind, setByVersion])).toEqual([
        [anOrder(2, 3), 'after-0', 1],
        [anOrder(3, 4), 'after-10', 1],
        [anOrder(1, 2), 'after-20', 1],
      ]);
      for (const timer of timers) expect(timer.dueAt).toBeLessThanOrEqual(clock.now());
      expect((await storage().dueTimers(2)).map((timer) => timer.kind)).toEqual(['after-0', 'after-10']);
      await given(storage(), aUnit(anOrder(2, 3), 1, withTimer(null)));
      expect((await storage().dueTimers(10)).map((timer) => timer.kind)).toEqual(['after-10', 'after-20']);
    });

    it('tells how long it is until the next one', async () => {
      expect(await storage().nextTimerInMs()).toBeUndefined();
      await given(storage(), aUnit(anOrder(0, 1), 0, withTimer({ kind: 'later', afterMs: 3_600_000 })));
      await given(storage(), aUnit(anOrder(1, 1), 0, withTimer({ kind: 'sooner', afterMs: 600_000 })));
      const inMs = (await storage().nextTimerInMs()) ?? 0;
      expect(inMs).toBeGreaterThan(590_000);
      expect(inMs).toBeLessThanOrEqual(600_000);
      await given(storage(), aUnit(anOrder(2, 1), 0, withTimer({ kind: 'now', afterMs: 0 })));
      await clock.advance(10);
      expect(await storage().nextTimerInMs()).toBe(0);
    });
  });
}
