import { describe, expect, it } from 'vitest';
import type { NewEvent } from '../../rows.ts';
import { aDeadLetter, anEvent, anOrder, aUnit, testIdentity } from '../units.builder.ts';
import { append, commit, type ContractContext, everythingIn, given } from './context.ts';

/** What a log may hold, whose the values are, and what outlives a process. */
export function describeValues({ storage, secondStorage }: ContractContext): void {
  describe('a value', () => {
    it.each([
      ['an emoji', '\u{1f600} é ß 中'],
      ['NUL and control characters', 'a\u0000b\u0001\u001f\u007f\u0085'],
      ['lone surrogates', 'a\ud800b\udc00'],
      ['a byte-order mark and bidi marks', '\ufeff\u202e\u2066'],
      ['quotes and escapes', `'"\\\n\r\t\u2028`],
      ['nothing', ''],
      ['300 kB', 'x'.repeat(300_000)],
    ])('with %s comes back as it was', async (_what, text) => {
      const data = { text, [text.slice(0, 100)]: [text] };
      const [row] = await given(
        storage(),
        aUnit(anOrder(), 0, {
          events: [{ type: 'OrderCreated', data, emits: [{ type: 'AssessFraud', data }] }],
          view: data,
        }),
      );
      expect(row?.data).toEqual(data);
      const [read] = await storage().readStream(anOrder());
      expect(read?.data).toEqual(data);
      expect(read?.emits).toEqual([{ type: 'AssessFraud', data }]);
      expect((await storage().readModel(anOrder()))?.view).toEqual(data);
    });

    it.each([
      ['numbers', [0, -1, 0.1, 1e300, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]],
      ['what JSON has besides', [null, true, false, [], {}, [[]], 'text']],
      ['a key named __proto__', JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}')],
    ])('of %s comes back as it was', async (_what, data: unknown) => {
      await given(storage(), aUnit(anOrder(), 0, { events: [{ type: 'OrderCreated', data }], view: data }));
      expect((await storage().readStream(anOrder()))[0]?.data).toEqual(data);
      expect((await storage().readModel(anOrder()))?.view).toEqual(data);
    });

    it('in a column comes back as it was', async () => {
      const columns = { user_id: '\u{1f600} O’Neil\u0000 -- ; é', status: 'CREATED', total: Number.MAX_SAFE_INTEGER };
      await given(storage(), aUnit(anOrder(), 0, { columns }));
      expect((await storage().readModel(anOrder()))?.columns).toEqual(columns);
      expect(await storage().listReadModel({ equals: { user_id: columns.user_id }, limit: 1 })).toHaveLength(1);
    });

    it.each<[string, NewEvent]>([
      ['a BigInt', { type: 'OrderCreated', data: { total: 1n } }],
      ['a circle', { type: 'OrderCreated', data: aCircle() }],
      ['no data', { type: 'OrderCreated', data: undefined }],
      ['a BigInt in what it sends', anEvent(0, { emits: [{ type: 'AssessFraud', data: 1n }] })],
    ])(
      'that JSON cannot hold (%s) rolls back its transaction, for good, and the next one goes on',
      async (_what, event) => {
        await given(storage(), aUnit(anOrder(0, 1)));
        const before = await everythingIn(storage());
        const units = [
          aUnit(anOrder(0, 2), 0, { deadLetters: [aDeadLetter()] }),
          aUnit(anOrder(0, 3), 0, { events: [event] }),
        ];
        const result = await storage().commit([{ units }]);
        expect(result).toMatchObject({ kind: 'rolled-back', retryable: false, error: expect.any(Error) });
        expect(await everythingIn(storage())).toEqual(before);
        const [row] = await given(storage(), aUnit(anOrder(0, 2)));
        expect(row?.position).toBe(2);
      },
    );
  });

  describe('a unit that names one stream twice', () => {
    it('is a defect: it rolls back and writes nothing', async () => {
      const unit = aUnit(anOrder());
      const twice = { ...unit, streams: [...unit.streams, ...unit.streams] };
      expect(await storage().commit([{ units: [twice] }])).toMatchObject({ kind: 'rolled-back', retryable: false });
      expect(await storage().heads()).toEqual([0, 0, 0, 0]);
    });
  });

  describe('what is recorded', () => {
    it('is not the caller’s own: changing it afterwards changes nothing', async () => {
      const data = { items: [{ quantity: 1 }] };
      const columns = { user_id: 'ada' };
      const deadLetter = aDeadLetter({ message: { data } });
      const unit = aUnit(anOrder(), 0, {
        events: [{ type: 'OrderCreated', data, emits: [{ type: 'AssessFraud', data }] }],
        view: data,
        columns,
        deadLetters: [deadLetter],
      });
      await given(storage(), unit);
      data.items[0]!.quantity = 424_242;
      data.items.push({ quantity: 434_343 });
      columns.user_id = 'mallory';

      const whole = JSON.stringify(await everythingIn(storage()));
      expect(whole).not.toContain('424242');
      expect(whole).not.toContain('434343');
      expect(whole).not.toContain('mallory');
    });

    it('is not the reader’s own: changing what was read changes nothing', async () => {
      await given(storage(), aUnit(anOrder(), 0, { view: { items: [1] }, deadLetters: [aDeadLetter()] }));
      const before = structuredClone(await everythingIn(storage()));
      const [row] = await storage().readStream(anOrder());
      const readModel = await storage().readModel(anOrder());
      const [letter] = await storage().deadLetters({ afterSeq: 0, limit: 1 });
      for (const read of [row?.data, row, readModel?.view, readModel, letter?.message, letter]) tryToChange(read);
      expect(await everythingIn(storage())).toEqual(before);
    });
  });

  describe('a log that is opened once more', () => {
    it('is the same log, with everything in it, and goes on where it stood', async () => {
      await given(storage(), aUnit(anOrder(), 0, { key: aKey, deadLetters: [aDeadLetter()] }), aUnit(anOrder(1)));
      await commit(storage(), { units: [], offsets: [aMove] });
      const second = await secondStorage();
      expect(second.identity).toEqual(storage().identity);
      expect(await everythingIn(second)).toEqual(await everythingIn(storage()));
      const [row] = await given(second, aUnit(anOrder(), 1));
      expect(row).toMatchObject({ position: 2, version: 2 });
      expect(await append(storage(), aUnit(anOrder(), 1))).toEqual([{ kind: 'duplicate', rows: [row] }]);
      expect(await storage().heads()).toEqual([2, 1, 0, 0]);
    });
  });

  const aKey = { keyHash: 'key-1', commandHash: 'command-1', streamId: anOrder() };
  const aMove = { group: 'payment', logId: 'log-a', partition: testIdentity.partitions - 1, from: 0, to: 3 };
}

function aCircle(): object {
  const circle: { self?: object } = {};
  circle.self = circle;
  return circle;
}

/** A reader that forgot that values are read-only; a log may also refuse it. */
function tryToChange(value: unknown): void {
  try {
    Object.assign(value as object, { type: 'Changed', state: 'changed', items: ['changed'] });
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
  }
}
