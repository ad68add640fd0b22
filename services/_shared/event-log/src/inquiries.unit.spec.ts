import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, it } from 'vitest';
import { createInquiries, findingsOf } from './inquiries.ts';
import type { Findings, Inquiry } from './storage.port.ts';
import { anOrder } from './testing/index.ts';

const about = (...numbers: readonly number[]): Inquiry => ({
  streamIds: numbers.map((number) => anOrder(0, number)),
  causes: [],
  places: numbers.map((number) => ({ group: 'payment', orderId: anOrder(0, number) })),
});

/** A log that answers each question when it is told to, and says that all that is asked for is held. */
function setUp() {
  const clock = createVirtualClock();
  const asked: Inquiry[] = [];
  const pending: PromiseWithResolvers<Findings>[] = [];
  const inquire = createInquiries({
    clock,
    ask(inquiry) {
      asked.push(inquiry);
      const answer = Promise.withResolvers<Findings>();
      pending.push(answer);
      return answer.promise;
    },
  });
  return {
    clock,
    asked,
    inquire,
    answer: async () => {
      const { places } = asked.at(-1) as Inquiry;
      pending.shift()?.resolve(findingsOf({ rows: new Map(), acted: [], held: places }));
      await clock.settle();
    },
    fail: async (error: Error) => {
      pending.shift()?.reject(error);
      await clock.settle();
    },
    numbers: () => asked.map(({ places }) => places.length),
  };
}

describe('inquiries', () => {
  it('of one turn are one question, and each is answered', async () => {
    const { clock, asked, inquire, answer } = setUp();
    const inquiring = [inquire(about(1, 2)), inquire(about(3))];
    await clock.settle();
    await answer();

    expect(asked).toEqual([about(1, 2, 3)]);
    const [first, second] = await Promise.all(inquiring);
    expect(about(1, 2).places.every((place) => first?.isHeld(place))).toBe(true);
    expect(about(3).places.every((place) => second?.isHeld(place))).toBe(true);
  });

  it('that come while one is under way share the next', async () => {
    const { clock, inquire, answer, numbers } = setUp();
    const first = inquire(about(1));
    await clock.settle();
    const others = [inquire(about(2)), inquire(about(3)), inquire(about(4))];
    await clock.settle();
    expect(numbers()).toEqual([1]);

    await answer();
    await answer();
    await Promise.all([first, ...others]);
    expect(numbers()).toEqual([1, 3]);
  });

  it('name a stream once, however many ask for it', async () => {
    const { clock, asked, inquire } = setUp();
    void inquire(about(1));
    void inquire(about(1, 2));
    await clock.settle();
    expect(asked[0]?.streamIds).toEqual(about(1, 2).streamIds);
  });

  it('are split where one question would be too long, and a longer one goes alone', async () => {
    const { clock, inquire, answer, numbers } = setUp();
    const many = (count: number) => about(...Array.from({ length: count }, (_, index) => index));
    const inquiring = [inquire(many(700)), inquire(many(700)), inquire(many(1_500)), inquire(many(1))];
    for (let turn = 0; turn < inquiring.length; turn += 1) {
      await clock.settle();
      await answer();
    }
    await Promise.all(inquiring);
    expect(numbers()).toEqual([700, 700, 1_500, 1]);
  });

  it('fail together, and the next ones are asked all the same', async () => {
    const { clock, inquire, answer, fail } = setUp();
    const failing = [inquire(about(1)), inquire(about(2))].map((inquiring) => inquiring.catch((error: Error) => error));
    await clock.settle();
    await fail(new Error('away'));
    expect(await Promise.all(failing)).toEqual([new Error('away'), new Error('away')]);

    const next = inquire(about(3));
    await clock.settle();
    await answer();
    expect((await next).isHeld({ group: 'payment', orderId: anOrder(0, 3) })).toBe(true);
  });

  it('answer for the group that an order was asked for in, and no other', () => {
    const place = { group: 'payment', orderId: anOrder(0, 1) };
    const { isHeld } = findingsOf({ rows: new Map(), acted: [], held: [place] });
    expect(isHeld(place)).toBe(true);
    expect(isHeld({ ...place, group: 'shipping' })).toBe(false);
    expect(isHeld({ ...place, orderId: anOrder(0, 2) })).toBe(false);
  });
});
