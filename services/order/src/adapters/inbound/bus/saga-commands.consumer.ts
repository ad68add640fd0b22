import type { MessageHandlers, Outcome } from '@checkout/messaging';
import { type Order, type OrderCommand, orderDecider, type OrderEvent } from '../../../domain/order.ts';

/**
 * The saga's commands to the order. They arrive in order, and one that was missed is made up for by the next, so one that the
 * order refuses is a defect: it throws, and the message is parked for a person.
 */
export function sagaCommandHandlers(): MessageHandlers<Order, OrderEvent> {
  return {
    MarkOrderPaid: ({ state }) => carryOut(state, { type: 'MarkOrderPaid' }),
    MarkOrderShipped: ({ state }) => carryOut(state, { type: 'MarkOrderShipped' }),
    CompleteOrder: ({ state }) => carryOut(state, { type: 'CompleteOrder' }),
    FailOrder: ({ state }, { data }) => carryOut(state, { type: 'FailOrder', failure: data.failure }),
    CancelOrder: ({ state }, { data }) => carryOut(state, { type: 'CancelOrder', failure: data.failure }),
    RefuseCancellation: ({ state }, { data }) => carryOut(state, { type: 'RefuseCancellation', reason: data.reason }),
  };
}

function carryOut(state: Order, command: OrderCommand): Outcome<Order, OrderEvent> {
  const decision = orderDecider.decide(state, command);
  if (!decision.ok) throw new Error(`${command.type} was refused: ${decision.error.detail}`);
  return { events: decision.value };
}
