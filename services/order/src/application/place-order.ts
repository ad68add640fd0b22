import type { EventLog, Streams } from '@checkout/event-log';
import {
  canonicalJson,
  causeOf,
  type Clock,
  type DomainError,
  domainError,
  err,
  type Ids,
  ok,
  type OrderId,
  type Result,
  sha256Hex,
  totalMinor,
  withTail,
} from '@checkout/kernel';
import { type Order, orderDecider, type OrderDetails, type OrderEvent } from '../domain/order.ts';
import { orderStream } from '../domain/order-view.ts';
import { checkPlacement, type Placement } from '../domain/placement-rules.ts';
import { type OrderRecord, recordOfLoaded } from './order-record.ts';
import type { Pricing } from './ports/pricing.port.ts';

export type PlaceOrder = {
  readonly placement: Placement;
  /** Whose keys these are: the token's subject, or `anonymous`. Never a field of the body. */
  readonly caller: string;
  readonly idempotencyKey: string;
  readonly requestId: string;
  readonly traceparent: string;
};

/** `replayed`: the key had been used for this very command, and this is what was answered then. */
export type Placed = { readonly order: OrderRecord; readonly replayed: boolean };

export type PlaceOrderRefusal = DomainError<
  'validation-failed' | 'idempotency-key-reused' | 'request-in-progress' | 'price-changed' | 'overloaded'
>;

export type PlaceOrderUseCase = (command: PlaceOrder) => Promise<Result<Placed, PlaceOrderRefusal>>;

/** How long a second request with a key waits for the first one's commit, milliseconds. */
const maxWaitMs = 2_000;
const route = 'POST /v1/orders';

/**
 * Accepts an order. The idempotency key is recorded with the order or not at all, so nothing that was refused or failed
 * keeps a key, and no crash leaves a marker behind. An accepted order is durable.
 *
 * @throws LogUnavailableError when the log cannot say that it recorded the order: the same request again finds out.
 */
export function createPlaceOrder(deps: {
  readonly log: EventLog;
  readonly streams: Streams<Order, OrderEvent>;
  readonly pricing: Pricing;
  readonly clock: Clock;
  readonly ids: Ids;
}): PlaceOrderUseCase {
  const { log, streams, pricing, clock, ids } = deps;
  const running = new Map<string, Promise<unknown>>();

  return async ({ placement, caller, idempotencyKey, requestId, traceparent }) => {
    if (log.overloaded()) return err(domainError('overloaded', 'More orders wait than can be recorded.'));
    const faults = checkPlacement(placement);
    if (faults.length > 0) return err(domainError('validation-failed', 'The order breaks the rules below.', faults));
    const priced = await pricing.price(placement.items, placement.currency);
    if (!priced.ok) return priced;
    const details = detailsOf({ ...placement, items: priced.value });

    const keyHash = sha256Hex(JSON.stringify([caller, route, idempotencyKey]));
    const commandHash = sha256Hex(canonicalJson(details));
    const first = running.get(keyHash);
    if (first !== undefined && !(await settledWithin(clock, first, maxWaitMs))) {
      return err(domainError('request-in-progress', 'The first request with this idempotency key is still running.'));
    }
    const placed = place({ details, keyHash, commandHash, requestId, traceparent });
    running.set(keyHash, placed);
    try {
      return await placed;
    } finally {
      if (running.get(keyHash) === placed) running.delete(keyHash);
    }
  };

  async function place(order: {
    readonly details: OrderDetails;
    readonly keyHash: string;
    readonly commandHash: string;
    readonly requestId: string;
    readonly traceparent: string;
  }): Promise<Result<Placed, PlaceOrderRefusal>> {
    const { details, keyHash, commandHash, requestId, traceparent } = order;
    // Requests with one key meet at one partition's lock, wherever they arrive.
    const orderId = withTail(ids.uuid(), keyHash.slice(-8));
    const empty = emptyOrder(orderId);
    const decision = orderDecider.decide(empty.state, { type: 'PlaceOrder', details });
    if (!decision.ok) throw new Error(`a new order was refused: ${decision.error.code}`);
    const cause = { id: causeOf('place-order', keyHash, orderId), correlationId: requestId, traceparent };
    const { unit } = streams.decided(empty, decision.value, cause);
    const { outcomes } = await log.append({ units: [{ ...unit, key: { keyHash, commandHash, streamId: orderId } }] });
    const [outcome] = outcomes;
    if (outcome?.kind === 'appended') {
      const loaded = streams.apply(empty, outcome.rows);
      streams.remember(loaded);
      return ok({ order: recordOfLoaded(loaded), replayed: false });
    }
    if (outcome?.kind !== 'key-taken') throw new Error(`a new order met ${outcome?.kind}`);
    if (outcome.record.commandHash !== commandHash) {
      return err(domainError('idempotency-key-reused', 'This idempotency key has been used for another order.'));
    }
    return ok({ order: await asAccepted(outcome.record.streamId), replayed: true });
  }

  /** The order as its 201 showed it, whatever became of it since: rebuilt from its first event. */
  async function asAccepted(orderId: OrderId): Promise<OrderRecord> {
    const [first] = await log.readStream(orderId);
    if (first === undefined) throw new Error(`the key's order ${orderId} is not in the log`);
    return recordOfLoaded(streams.apply(emptyOrder(orderId), [first]));
  }
}

function emptyOrder(orderId: OrderId) {
  return { streamId: orderId, version: 0, state: orderStream.initialState, createdAt: 0, updatedAt: 0, timer: null };
}

/** @throws Error when the total is too large: the rules were checked before. */
function detailsOf({ total: _claimed, ...placement }: Placement): OrderDetails {
  const total = totalMinor(placement.items);
  if (total === undefined) throw new Error('the total was not checked');
  return { ...placement, total };
}

async function settledWithin(clock: Clock, promise: Promise<unknown>, ms: number): Promise<boolean> {
  const waiting = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const late = clock.sleep(ms, waiting.signal).then(() => false);
  const result = await Promise.race([settled, late]);
  waiting.abort();
  return result;
}
