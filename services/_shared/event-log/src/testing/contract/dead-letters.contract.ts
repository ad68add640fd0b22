import { describe, expect, it } from 'vitest';
import { aDeadLetter, anOrder, aUnit, aUnitWithoutStream } from '../units.builder.ts';
import { append, type ContractContext, everythingIn, given, kindsOf, nothingAsked } from './context.ts';

/** Messages taken out of the flow. */
export function describeDeadLetters({ storage, clock }: ContractContext): void {
  const letters = (query: { afterSeq?: number; limit?: number; orderId?: ReturnType<typeof anOrder> } = {}) =>
    storage().deadLetters({ afterSeq: 0, limit: 100, ...query });
  const messageIds = async (query = {}) => (await letters(query)).map((letter) => letter.messageId);
  const park = (...messages: readonly Parameters<typeof aDeadLetter>[0][]) =>
    given(storage(), ...messages.map((parts) => aUnitWithoutStream({ deadLetters: [aDeadLetter(parts)] })));

  const held = async (group: string, orders: readonly ReturnType<typeof anOrder>[]) => {
    const places = orders.map((orderId) => ({ group, orderId }));
    const { isHeld } = await storage().inquire({ ...nothingAsked, places });
    return orders.filter((orderId) => isHeld({ group, orderId }));
  };

  describe('a dead letter', () => {
    it('keeps the whole message, why it was parked and when', async () => {
      const before = clock.now();
      await park({ message: { id: 'm1', data: { nested: ['\u{1f600}', null, 1.5] } } });
      const [letter] = await letters();
      expect(letter).toEqual({
        ...aDeadLetter({ message: { id: 'm1', data: { nested: ['\u{1f600}', null, 1.5] } } }),
        seq: letter?.seq,
        parkedAt: letter?.parkedAt,
      });
      expect(letter?.parkedAt).toBeGreaterThanOrEqual(before);
      expect(letter?.parkedAt).toBeLessThanOrEqual(clock.now());
    });

    it('is recorded with the events of its unit, or not at all', async () => {
      const unit = aUnit(anOrder(), 0, { deadLetters: [aDeadLetter()] });
      await given(storage(), unit);
      expect(await letters()).toHaveLength(1);
      const stale = aUnit(anOrder(), 0, { cause: 'stale', deadLetters: [aDeadLetter({ messageId: 'm2' })] });
      expect(kindsOf(await append(storage(), stale, unit))).toEqual(['conflict', 'duplicate']);
      expect(await messageIds()).toEqual(['order/0/0/1/0']);
    });

    it('is parked once per group and message', async () => {
      await park({ messageId: 'm1', detail: 'first' });
      const before = await everythingIn(storage());
      await park({ messageId: 'm1', detail: 'second' });
      expect(await everythingIn(storage())).toEqual(before);
      await park({ messageId: 'm1', group: 'shipping' });
      expect((await letters()).map((letter) => letter.group)).toEqual(['payment', 'shipping']);
    });

    it('is numbered in the order of arrival, and its number is never used again', async () => {
      await park({ messageId: 'm1' }, { messageId: 'm2' });
      await park({ messageId: 'm3' });
      const seqs = (await letters()).map((letter) => letter.seq);
      expect(await messageIds()).toEqual(['m1', 'm2', 'm3']);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
      const last = seqs.at(-1) ?? 0;
      await settle(last);
      await park({ messageId: 'm4' });
      expect((await letters()).at(-1)?.seq).toBeGreaterThan(last);
    });

    it('may name no order, and holds nobody then', async () => {
      await park({ orderId: null });
      expect((await letters())[0]?.orderId).toBeNull();
      expect(await letters({ orderId: anOrder() })).toEqual([]);
      expect(await held('payment', [anOrder()])).toEqual([]);
    });

    it('holds its order in its group and nowhere else', async () => {
      await park({ orderId: anOrder(0, 1) }, { orderId: anOrder(1, 2), messageId: 'm2', group: 'shipping' });
      const orders = [anOrder(0, 1), anOrder(1, 2), anOrder(2, 3)];
      expect(await held('payment', orders)).toEqual([anOrder(0, 1)]);
      expect(await held('shipping', orders)).toEqual([anOrder(1, 2)]);
    });
  });

  describe('a list of dead letters', () => {
    it('goes on after a number, page by page', async () => {
      await park(...[1, 2, 3, 4, 5].map((number) => ({ messageId: `m${number}` })));
      const first = await letters({ limit: 2 });
      expect(first.map((letter) => letter.messageId)).toEqual(['m1', 'm2']);
      expect(await messageIds({ afterSeq: first[1]?.seq, limit: 2 })).toEqual(['m3', 'm4']);
      expect(await messageIds({ afterSeq: 1_000_000 })).toEqual([]);
    });

    it('may be of one order', async () => {
      await park({ messageId: 'm1' }, { messageId: 'm2', orderId: anOrder(1) }, { messageId: 'm3' });
      expect(await messageIds({ orderId: anOrder() })).toEqual(['m1', 'm3']);
      expect(await messageIds({ orderId: anOrder(), limit: 1 })).toEqual(['m1']);
      expect(await messageIds({ orderId: anOrder(2) })).toEqual([]);
    });
  });

  describe('a redrive', () => {
    it('marks all letters of an order, of every group, and gives them back', async () => {
      await park({ messageId: 'm1' }, { messageId: 'm2', state: 'held' });
      await park({ messageId: 'm3', orderId: anOrder(1) }, { messageId: 'm4', group: 'shipping' });
      const marked = await storage().markRedriving(anOrder());
      expect(marked.map(({ messageId, state }) => [messageId, state])).toEqual([
        ['m1', 'redriving'],
        ['m2', 'redriving'],
        ['m4', 'redriving'],
      ]);
      expect((await letters()).map((letter) => letter.state)).toEqual([
        'redriving',
        'redriving',
        'parked',
        'redriving',
      ]);
      expect(await storage().redrivingOrders('payment', 10)).toEqual([anOrder()]);
      expect(await storage().redrivingOrders('shipping', 10)).toEqual([anOrder()]);
      expect(await storage().redrivingOrders('order', 10)).toEqual([]);
      expect(await storage().markRedriving(anOrder(2))).toEqual([]);
    });

    it('lists a bounded number of orders', async () => {
      const orders = [1, 2, 3].map((number) => anOrder(0, number));
      await park(...orders.map((orderId, index) => ({ orderId, messageId: `m${index}` })));
      for (const order of orders) await storage().markRedriving(order);
      expect((await storage().redrivingOrders('payment', 10)).toSorted()).toEqual(orders);
      expect(await storage().redrivingOrders('payment', 2)).toHaveLength(2);
    });

    it('settles a letter with the events of its message, and the last one frees the order', async () => {
      await park({ messageId: 'm1' }, { messageId: 'm2', state: 'held' });
      const [first, second] = await storage().markRedriving(anOrder());
      await given(
        storage(),
        aUnit(anOrder(), 0, { deadLetterChanges: [{ group: 'payment', seq: first?.seq ?? 0, change: 'settled' }] }),
      );
      expect(await messageIds()).toEqual(['m2']);
      expect(await held('payment', [anOrder()])).toEqual([anOrder()]);
      await settle(second?.seq ?? 0);
      expect(await letters()).toEqual([]);
      expect(await held('payment', [anOrder()])).toEqual([]);
      expect(await storage().redrivingOrders('payment', 10)).toEqual([]);
    });

    it('lists an order of which nothing is left but what was held', async () => {
      await park({ messageId: 'm1' }, { messageId: 'm2', state: 'held' }, { messageId: 'm3', group: 'shipping' });
      expect(await storage().redrivingOrders('payment', 10)).toEqual([]);
      await settle((await letters())[0]?.seq ?? 0);
      expect(await storage().redrivingOrders('payment', 10)).toEqual([anOrder()]);
      expect(await storage().redrivingOrders('shipping', 10)).toEqual([]);
    });

    it('settles nothing when its unit is set aside', async () => {
      await park({});
      await given(storage(), aUnit(anOrder(), 0));
      const [letter] = await letters();
      const change = { group: 'payment', seq: letter?.seq ?? 0, change: 'settled' as const };
      await append(storage(), aUnit(anOrder(), 0, { cause: 'stale', deadLetterChanges: [change] }));
      expect(await letters()).toHaveLength(1);
    });

    it('parks a letter again with a new reason and holds those behind it, each in its place', async () => {
      await park({ messageId: 'm1' }, { messageId: 'm2', state: 'held' });
      const [first, second] = await storage().markRedriving(anOrder());
      const seq = first?.seq ?? 0;
      await given(
        storage(),
        aUnitWithoutStream({
          deadLetterChanges: [
            { group: 'payment', seq, change: 'parked', reason: 'unreadable', detail: 'still wrong' },
            { group: 'payment', seq: second?.seq ?? 0, change: 'held' },
          ],
        }),
      );
      expect(await letters()).toMatchObject([
        { seq, messageId: 'm1', state: 'parked', reason: 'unreadable', detail: 'still wrong' },
        { messageId: 'm2', state: 'held', reason: 'handler-failed' },
      ]);
      expect(await storage().redrivingOrders('payment', 10)).toEqual([]);
    });

    it('may settle and park in one unit, and settling twice does no harm', async () => {
      await park({ messageId: 'm1' });
      const seq = (await letters())[0]?.seq ?? 0;
      await given(
        storage(),
        aUnitWithoutStream({
          deadLetters: [aDeadLetter({ messageId: 'm2' })],
          deadLetterChanges: [{ group: 'payment', seq, change: 'settled' }],
        }),
      );
      expect(await messageIds()).toEqual(['m2']);
      await settle(seq);
      expect(await messageIds()).toEqual(['m2']);
    });
  });

  describe('a message parked on a state that did not come about', () => {
    it('is set aside with the unit before it of its order; others of the request and of the transaction are not', async () => {
      await given(storage(), aUnit(anOrder(), 0));
      const parked = (messageId: string, orderId = anOrder()) =>
        aUnitWithoutStream({ deadLetters: [aDeadLetter({ messageId, orderId })] }, messageId);
      const result = await storage().commit([
        {
          units: [
            parked('m1'),
            aUnit(anOrder(), 0, { cause: 'stale' }),
            parked('m2'),
            parked('m3', anOrder(1)),
            parked('m4'),
          ],
        },
        { units: [parked('m5')] },
      ]);
      const outcomes = result.kind === 'committed' ? result.results.map((each) => kindsOf(each.outcomes)) : result;
      expect(outcomes).toEqual([['appended', 'conflict', 'conflict', 'appended', 'conflict'], ['appended']]);
      expect(await messageIds()).toEqual(['m1', 'm3', 'm5']);
    });
  });

  const settle = (seq: number) =>
    given(storage(), aUnitWithoutStream({ deadLetterChanges: [{ group: 'payment', seq, change: 'settled' }] }));
}
