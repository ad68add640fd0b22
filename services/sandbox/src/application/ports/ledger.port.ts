import type { Answer, Notice } from '../../domain/answer.ts';
import type { FaultSettings } from '../../domain/fault-settings.ts';
import type { Operation, Provider } from '../../domain/operation.ts';
import type { Payment } from '../../domain/payment.ts';
import type { Shipment } from '../../domain/shipment.ts';

/** The providers' books. */
export type Ledger = {
  /**
   * Runs `work` on the records and resolves with its result once what it wrote is on disk. Works run one after the other,
   * in the order of the calls, each on what the ones before it wrote; those of one turn of the event loop are committed
   * together. A work that throws undoes its own writes only, and rejects.
   */
  transact<Result>(work: (records: LedgerRecords) => Result): Promise<Result>;
  /** Finishes what was begun. */
  close(): Promise<void>;
};

/** Synchronous, and valid only while the work that got it runs. */
export type LedgerRecords = {
  readonly payments: Records<Payment>;
  readonly shipments: Records<Shipment>;
  readonly keys: KeyRecords;
  readonly effects: DueRecords<Effect>;
  readonly webhooks: DueRecords<Webhook>;
  readonly settings: { load(): FaultSettings | undefined; save(settings: FaultSettings): void };
  /** What test tokens are signed with, as JSON. */
  readonly tokenKey: { load(): string | undefined; save(key: string): void };
  /** References of payments and shipments after `after`, in order. */
  references(after: string, limit: number): readonly string[];
  totals(): readonly CurrencyTotals[];
};

export type Records<Item> = { find(reference: string): Item | undefined; save(item: Item): void };

/** What an idempotency key stands for. Without an answer, its operation was accepted and has not landed yet. */
export type KeyRecord = {
  readonly provider: Provider;
  readonly key: string;
  readonly operationHash: string;
  readonly answer?: Answer;
};

export type KeyRecords = {
  find(provider: Provider, key: string): KeyRecord | undefined;
  save(record: KeyRecord): void;
  remove(provider: Provider, key: string): void;
};

/** Something that happens by itself at its time. */
export type Effect =
  | { readonly kind: 'landing'; readonly key: string; readonly keepsRefusals: boolean; readonly operation: Operation }
  | { readonly kind: 'arrival'; readonly reference: string };

/** A notice on its way. `id` stays the same however often it is sent. */
export type Webhook = Notice & {
  readonly id: string;
  readonly provider: 'psp' | 'carrier';
  /** UTC, ISO 8601. */
  readonly occurredAt: string;
};

/** `attempts` counts how often it was postponed. */
export type Due<Item> = { readonly seq: number; readonly attempts: number; readonly item: Item };

/** A queue by due time, Unix milliseconds. */
export type DueRecords<Item> = {
  add(item: Item, dueAtMs: number): void;
  /** What is due by then, the earliest first, at most `limit`. */
  due(byMs: number, limit: number): readonly Due<Item>[];
  /** When the earliest item is due, overdue ones included. */
  nextDueMs(): number | undefined;
  /** Puts it back for another attempt. */
  postpone(seq: number, dueAtMs: number): void;
  remove(seq: number): void;
};

export type CurrencyTotals = {
  readonly currency: string;
  readonly authorized: number;
  readonly captured: number;
  readonly refunded: number;
  readonly voided: number;
};
