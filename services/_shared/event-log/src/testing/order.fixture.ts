import { err, ok } from '@checkout/kernel';
import type { Decider } from '../decider.ts';
import type { Cause } from '../rows.ts';
import type { StreamDefinition } from '../streams.ts';
import { aCause, testTable } from './units.builder.ts';

/** A small order, enough to decide something. */
export type OrderState =
  | { readonly status: 'ABSENT' }
  | { readonly status: 'CREATED' | 'PAID'; readonly total: number; readonly paid: number };

export type OrderEvent =
  | { readonly type: 'OrderCreated'; readonly data: { readonly total: number } }
  | { readonly type: 'OrderPaid'; readonly data: { readonly amount: number } };

export type OrderCommand =
  | { readonly type: 'PlaceOrder'; readonly total: number }
  | { readonly type: 'PayOrder'; readonly amount: number };

export const order: Decider<OrderState, OrderCommand, OrderEvent, 'order-exists' | 'order-not-found'> = {
  initialState: { status: 'ABSENT' },
  decide(state, command) {
    switch (command.type) {
      case 'PlaceOrder':
        if (state.status !== 'ABSENT') return err('order-exists');
        return ok([{ type: 'OrderCreated', data: { total: command.total } }]);
      case 'PayOrder':
        if (state.status === 'ABSENT') return err('order-not-found');
        if (state.status === 'PAID') return ok([]);
        return ok([{ type: 'OrderPaid', data: { amount: command.amount } }]);
    }
  },
  evolve(state, event) {
    switch (event.type) {
      case 'OrderCreated':
        return { status: 'CREATED', total: event.data.total, paid: 0 };
      case 'OrderPaid': {
        if (state.status === 'ABSENT') return state;
        const paid = state.paid + event.data.amount;
        return { ...state, status: paid >= state.total ? 'PAID' : 'CREATED', paid };
      }
    }
  },
};

export const orderStream: StreamDefinition<OrderState, OrderEvent> = {
  table: testTable,
  initialState: order.initialState,
  evolve: order.evolve,
  project: (state) => ({
    view: state,
    columns: { user_id: 'ada', status: state.status, total: state.status === 'ABSENT' ? null : state.total },
  }),
};

export const created = (total: number): OrderEvent => ({ type: 'OrderCreated', data: { total } });
export const paid = (amount: number): OrderEvent => ({ type: 'OrderPaid', data: { amount } });

export const because = (name: string): Cause => ({ id: aCause(name), correlationId: `request of ${name}` });

/** The state of an order as the tests know it. */
export const stateOf = (status: 'CREATED' | 'PAID', total: number, amount: number): OrderState => ({
  status,
  total,
  paid: amount,
});
