import { err, ok } from '@checkout/kernel';
import { describe, expect, it } from 'vitest';
import { specify } from './index.ts';
import { created, order, paid, stateOf } from './order.fixture.ts';

describe('a specification', () => {
  const anOrder = specify(order);

  it('tells what a decider answers, and the state that this leads to', () => {
    expect(anOrder.given(created(100)).when({ type: 'PayOrder', amount: 100 })).toEqual({
      answer: ok([paid(100)]),
      state: stateOf('PAID', 100, 100),
    });
  });

  it('tells what it refuses, and leaves the state', () => {
    expect(anOrder.given().when({ type: 'PayOrder', amount: 100 })).toEqual({
      answer: err('order-not-found'),
      state: { status: 'ABSENT' },
    });
  });

  it('tells the state alone', () => {
    expect(anOrder.given(created(100), paid(1)).state()).toEqual(stateOf('CREATED', 100, 1));
  });

  it('finds a decider that gives two answers to one question', () => {
    let asked = 0;
    const moody = {
      ...order,
      decide() {
        asked += 1;
        return ok([created(asked)]);
      },
    };
    expect(() => specify(moody).given().when({ type: 'PlaceOrder', total: 1 })).toThrow('two answers');
  });

  it('finds a decider that changes its state', () => {
    const sloppy = {
      ...order,
      evolve: (state: object, event: { data: object }) => Object.assign(state, event.data) as never,
    };
    expect(() => specify(sloppy).given(created(1)).state()).toThrow(TypeError);
  });
});
