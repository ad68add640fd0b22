import { parseInstant, uuidV7 } from '@checkout/kernel';
import { z } from 'zod';
import type {
  DeadLetter,
  Evidence,
  LedgerPayment,
  LedgerShipment,
  LogVerification,
  OrderAtEnd,
  OrderHistory,
} from './evidence.ts';
import { type Get, listOrders, listSagas, listWaiting, pageSize, pagesOf, readAs } from './listings.ts';

export type EvidenceOptions = {
  /** The run's orders began at this instant or later; ISO 8601 in UTC, as the services write it. */
  readonly since?: string;
  /** Tells the run's users from those of others who use the platform as well. */
  readonly isOfRun?: (userId: string) => boolean;
  /** Reads the history and the saga of every order as well: a request for each order. On unless switched off. */
  readonly histories?: boolean;
  /** Has every service replay its whole log, which holds up a large one for seconds. On unless switched off. */
  readonly logs?: boolean;
};

const amount = z.int();
const PaymentSchema: z.ZodType<LedgerPayment> = z.object({
  orderId: z.string(),
  currency: z.string(),
  authorized: amount,
  captured: amount,
  refunded: amount,
  voided: amount,
});
const ShipmentSchema: z.ZodType<LedgerShipment> = z.object({
  orderId: z.string(),
  state: z.enum(['BOOKED', 'DISPATCHED', 'DELIVERED', 'CANCELLED', 'LOST', 'REJECTED']),
});
const DeadLetterSchema: z.ZodType<DeadLetter> = z.object({
  service: z.string(),
  group: z.string(),
  orderId: z.string().nullable(),
  messageId: z.string(),
  reason: z.string(),
  state: z.enum(['parked', 'held', 'redriving']),
  parkedAt: z.string(),
});
const VerificationSchema: z.ZodType<LogVerification> = z.object({
  service: z.string(),
  ok: z.boolean(),
  findings: z.array(z.string()),
});

const nextCursor = z.string().nullable();
const LedgerPage = z.object({ payments: z.array(PaymentSchema), shipments: z.array(ShipmentSchema), nextCursor });
const DeadLettersPage = z.object({ items: z.array(DeadLetterSchema), nextCursor });
const Verifications = z.object({ services: z.array(VerificationSchema) });
const Events = z.object({ events: z.array(z.object({ version: z.int(), type: z.string() })) });

const ledgerPageSize = 1_000;
/** Every service replays its whole log for it. */
const verificationMs = 240_000;

/**
 * Reads what the platform and the providers say of a run, one request after the other. The platform should be at rest: what
 * moves meanwhile is seen half before and half after.
 *
 * With `since` or `isOfRun` what belongs to others is left out. What belongs to no order that is there is left out only if
 * it is older than `since`.
 *
 * @throws Error when an answer is not what was asked for: what cannot be read must not pass as nothing found
 */
export async function readEvidence(get: Get, options: EvidenceOptions = {}): Promise<Omit<Evidence, 'acknowledged'>> {
  const { since, isOfRun = () => true, histories = true, logs = true } = options;
  // Before the orders, so that a payment of an order that somebody places now has its order.
  const ledger = await readLedger(get);
  const deadLetters = await readDeadLetters(get);
  const others = new Set<string>();
  const orders: Omit<OrderAtEnd, 'waitsFor'>[] = [];
  for await (const { id: orderId, userId, failure, ...order } of listOrders(get, { since })) {
    if (isOfRun(userId)) orders.push({ ...order, orderId, userId, failureCode: failure?.code });
    else others.add(orderId);
  }
  const ours = new Set(orders.map(({ orderId }) => orderId));
  const isNew = newerThan(since);
  const concerns = (orderId: string) => ours.has(orderId) || (!others.has(orderId) && isNew(orderId));

  const sagas = histories ? await listSagas(get) : undefined;
  const operators =
    sagas === undefined
      ? await listWaiting(get, 'operator')
      : new Set(sagas.filter(({ state }) => state === 'NEEDS_OPERATOR').map(({ orderId }) => orderId));
  const reviewers = await listWaiting(get, 'reviewer');
  const waitsFor = (orderId: string) =>
    operators.has(orderId) ? 'operator' : reviewers.has(orderId) ? 'reviewer' : undefined;

  return {
    orders: orders.map((order) => ({ ...order, waitsFor: waitsFor(order.orderId) })),
    payments: ledger.payments.filter(({ orderId }) => concerns(orderId)),
    shipments: ledger.shipments.filter(({ orderId }) => concerns(orderId)),
    sagas: sagas?.filter(({ orderId }) => ours.has(orderId)),
    histories: histories ? await readHistories(get, [...ours]) : undefined,
    logs: logs
      ? (await readAs(get, '/ops/log/verify', Verifications, { timeoutMs: verificationMs })).services
      : undefined,
    deadLetters: deadLetters.filter(({ orderId, parkedAt }) =>
      orderId === null ? since === undefined || parkedAt >= since : concerns(orderId),
    ),
  };
}

async function readLedger(get: Get): Promise<Pick<Evidence, 'payments' | 'shipments'>> {
  const payments: LedgerPayment[] = [];
  const shipments: LedgerShipment[] = [];
  for await (const page of pagesOf(get, `/sandbox/ledger?limit=${ledgerPageSize}`, LedgerPage)) {
    payments.push(...page.payments);
    shipments.push(...page.shipments);
  }
  return { payments, shipments };
}

async function readDeadLetters(get: Get): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const { items } of pagesOf(get, `/v1/dead-letters?limit=${pageSize}`, DeadLettersPage))
    letters.push(...items);
  return letters;
}

async function readHistories(get: Get, orderIds: readonly string[]): Promise<readonly OrderHistory[]> {
  const histories: OrderHistory[] = [];
  for (const orderId of orderIds) {
    const { events } = await readAs(get, `/v1/orders/${orderId}/events`, Events);
    histories.push({ orderId, events });
  }
  return histories;
}

const randomBytes = 10;
/** The digits of a UUIDv7 that tell the time, with a dash among them. */
const timeLength = 13;

/** Whether an order began at `since` or later, by its id alone. */
function newerThan(since: string | undefined): (orderId: string) => boolean {
  if (since === undefined) return () => true;
  const unixMs = parseInstant(since);
  if (unixMs === undefined) throw new Error(`not an instant: ${since}`);
  const earliest = uuidV7(unixMs, new Uint8Array(randomBytes)).slice(0, timeLength);
  return (orderId) => orderId.slice(0, timeLength) >= earliest;
}
