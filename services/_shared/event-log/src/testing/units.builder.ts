import { type CauseId, causeOf, type OrderId, uuidV7, withTail } from '@checkout/kernel';
import type { NewEvent } from '../rows.ts';
import type { LogIdentity, ReadModelTable } from '../storage.port.ts';
import type { AppendUnit, ColumnValue, NewDeadLetter, StreamAppend } from '../units.ts';

/** The log that the builders' orders belong to. */
export const testIdentity: LogIdentity = {
  logId: '019b7695-8c00-7000-8000-00000000beef',
  service: 'order',
  partitions: 4,
  epoch: 0,
};

export const testTable: ReadModelTable = {
  name: 'orders',
  columns: { user_id: 'text', status: 'text', total: 'integer' },
};

const firstOrderMs = Date.UTC(2026, 0, 1);

/** An order of a partition of the test log. A higher number is a later order, so its id is the greater one. */
export function anOrder(partition = 0, number = 1): OrderId {
  const tail = number * testIdentity.partitions + partition;
  return withTail(uuidV7(firstOrderMs + number, new Uint8Array(10)), tail.toString(16).padStart(8, '0'));
}

export function aCause(name: string): CauseId {
  return causeOf('test', name);
}

const statuses = ['CREATED', 'PAID', 'SHIPPED', 'COMPLETED'] as const;
const eventTypes = ['OrderCreated', 'OrderPaid', 'OrderShipped', 'OrderCompleted'] as const;

/** The event that brings an order from a version to the next. */
export function anEvent(version = 0, parts: Partial<NewEvent> = {}): NewEvent {
  return { type: eventTypes[version] ?? 'Noted', data: { step: version }, ...parts };
}

export type StreamParts = {
  readonly events?: readonly NewEvent[];
  readonly view?: unknown;
  readonly columns?: Readonly<Record<string, ColumnValue>>;
};

/** One stream's part of a unit: by default one event, and a read-model row that shows how far the order is. */
export function aStream(streamId: OrderId, expectedVersion = 0, parts: StreamParts = {}): StreamAppend {
  const events = parts.events ?? [anEvent(expectedVersion)];
  const status = statuses[expectedVersion + events.length - 1] ?? 'COMPLETED';
  return {
    streamId,
    expectedVersion,
    events,
    readModel: {
      view: parts.view ?? { status },
      columns: { user_id: 'ada', status, total: 1_999, ...parts.columns },
    },
  };
}

export type UnitParts = StreamParts & Partial<Omit<AppendUnit, 'cause'>> & { readonly cause?: string };

/** A unit of one order. Its cause is its own unless one is named: the step of the order that it takes. */
export function aUnit(streamId: OrderId, expectedVersion = 0, parts: UnitParts = {}): AppendUnit {
  const { cause = `${streamId} after ${expectedVersion}`, events, view, columns, ...rest } = parts;
  const stream = { ...(events && { events }), ...(view === undefined ? {} : { view }), ...(columns && { columns }) };
  return {
    cause: { id: aCause(cause), correlationId: `request of ${cause}` },
    streams: [aStream(streamId, expectedVersion, stream)],
    ...rest,
  };
}

/** A unit that touches no stream: a message that is parked, or a dead letter that changes. */
export function aUnitWithoutStream(
  parts: Partial<Omit<AppendUnit, 'cause' | 'streams'>>,
  cause = 'parked',
): AppendUnit {
  return { cause: { id: aCause(cause), correlationId: 'request-1' }, streams: [], ...parts };
}

export function aDeadLetter(parts: Partial<NewDeadLetter> = {}): NewDeadLetter {
  const messageId = parts.messageId ?? 'order/0/0/1/0';
  return {
    group: 'payment',
    orderId: anOrder(),
    topic: 'checkout.payment.commands',
    messageId,
    type: 'AuthorizePayment',
    message: { id: messageId, data: { attempt: 1 } },
    reason: 'handler-failed',
    detail: 'no such currency',
    state: 'parked',
    ...parts,
  };
}
