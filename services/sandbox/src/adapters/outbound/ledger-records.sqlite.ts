import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type {
  CurrencyTotals,
  DueRecords,
  KeyRecords,
  LedgerRecords,
  Records,
} from '../../application/ports/ledger.port.ts';
import type { Answer } from '../../domain/answer.ts';
import { changeFaults, defaultFaults, type FaultChange } from '../../domain/fault-settings.ts';
import type { Payment } from '../../domain/payment.ts';
import type { Shipment } from '../../domain/shipment.ts';

type Row = Record<string, SQLOutputValue>;

/** The records on prepared statements. What is read back was written here, so its shape is taken as given. */
export function createLedgerRecords(database: DatabaseSync): LedgerRecords {
  const references = database.prepare(`
    SELECT reference FROM payment WHERE reference > :after
    UNION SELECT reference FROM shipment WHERE reference > :after
    ORDER BY reference LIMIT :limit
  `);
  const totals = database.prepare(`
    SELECT currency, total(authorized) AS authorized, total(captured) AS captured,
      total(refunded) AS refunded, total(voided) AS voided
    FROM payment GROUP BY currency HAVING max(authorized) > 0 ORDER BY currency
  `);
  return {
    payments: paymentRecords(database),
    shipments: shipmentRecords(database),
    keys: keyRecords(database),
    effects: dueRecords(database, 'effect'),
    webhooks: dueRecords(database, 'webhook'),
    settings: faultRecord(database),
    tokenKey: settingRecord(database, 'token-key'),
    references: (after, limit) => references.all({ after, limit }).map(({ reference }) => String(reference)),
    totals: () => totals.all().map((row) => ({ ...row }) as CurrencyTotals),
  };
}

function paymentRecords(database: DatabaseSync): Records<Payment> {
  const find = database.prepare('SELECT * FROM payment WHERE reference = ?');
  const save = database.prepare('INSERT OR REPLACE INTO payment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  return {
    find(reference) {
      const row = find.get(reference);
      return row && paymentOf(row);
    },
    save(payment) {
      const { reference, currency, token, authorization, declineReason = null, capture, approvedAmount } = payment;
      const { authorized, captured, refunded, voided } = payment;
      const states = [authorization, declineReason, capture];
      save.run(reference, currency, token, ...states, approvedAmount, authorized, captured, refunded, voided);
    },
  };
}

function paymentOf(row: Row): Payment {
  const { auth_state, decline_reason, capture_state, approved_amount, ...same } = row;
  return {
    ...same,
    authorization: auth_state,
    ...(decline_reason !== null && { declineReason: decline_reason }),
    capture: capture_state,
    approvedAmount: approved_amount,
  } as Payment;
}

function shipmentRecords(database: DatabaseSync): Records<Shipment> {
  const find = database.prepare('SELECT * FROM shipment WHERE reference = ?');
  const save = database.prepare('INSERT OR REPLACE INTO shipment VALUES (?, ?, ?, ?)');
  return {
    find(reference) {
      const row = find.get(reference);
      if (row === undefined) return undefined;
      const { gets_lost, ...same } = row;
      return { ...same, getsLost: gets_lost === 1 } as Shipment;
    },
    save: ({ reference, id, state, getsLost }) => void save.run(reference, id, state, getsLost ? 1 : 0),
  };
}

function keyRecords(database: DatabaseSync): KeyRecords {
  const find = database.prepare('SELECT operation_hash, answer FROM idempotency_key WHERE provider = ? AND key = ?');
  const save = database.prepare('INSERT OR REPLACE INTO idempotency_key VALUES (?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM idempotency_key WHERE provider = ? AND key = ?');
  return {
    find(provider, key) {
      const row = find.get(provider, key);
      if (row === undefined) return undefined;
      const answer = row['answer'] === null ? undefined : (JSON.parse(String(row['answer'])) as Answer);
      return { provider, key, operationHash: String(row['operation_hash']), ...(answer && { answer }) };
    },
    save: ({ provider, key, operationHash, answer }) =>
      void save.run(provider, key, operationHash, answer === undefined ? null : JSON.stringify(answer)),
    remove: (provider, key) => void remove.run(provider, key),
  };
}

function dueRecords<Item>(database: DatabaseSync, table: 'effect' | 'webhook'): DueRecords<Item> {
  const add = database.prepare(`INSERT INTO ${table} (due_at, attempts, item) VALUES (?, 0, ?)`);
  const due = database.prepare(`SELECT * FROM ${table} WHERE due_at <= ? ORDER BY due_at, seq LIMIT ?`);
  const next = database.prepare(`SELECT min(due_at) AS due_at FROM ${table}`);
  const postpone = database.prepare(`UPDATE ${table} SET due_at = ?, attempts = attempts + 1 WHERE seq = ?`);
  const remove = database.prepare(`DELETE FROM ${table} WHERE seq = ?`);
  return {
    add: (item, dueAtMs) => void add.run(dueAtMs, JSON.stringify(item)),
    due: (byMs, limit) =>
      due.all(byMs, limit).map((row) => ({
        seq: Number(row['seq']),
        attempts: Number(row['attempts']),
        item: JSON.parse(String(row['item'])) as Item,
      })),
    nextDueMs: () => {
      const dueAt = next.get()?.['due_at'] ?? null;
      return dueAt === null ? undefined : Number(dueAt);
    },
    postpone: (seq, dueAtMs) => void postpone.run(dueAtMs, seq),
    remove: (seq) => void remove.run(seq),
  };
}

function faultRecord(database: DatabaseSync): LedgerRecords['settings'] {
  const record = settingRecord(database, 'faults');
  return {
    load() {
      const text = record.load();
      // An older release knew fewer faults: those that it did not save are off.
      return text === undefined ? undefined : changeFaults(defaultFaults, JSON.parse(text) as FaultChange);
    },
    save: (settings) => record.save(JSON.stringify(settings)),
  };
}

function settingRecord(database: DatabaseSync, name: string): LedgerRecords['tokenKey'] {
  const load = database.prepare('SELECT value FROM setting WHERE name = ?');
  const save = database.prepare('INSERT OR REPLACE INTO setting VALUES (?, ?)');
  return {
    load() {
      const row = load.get(name);
      return row && String(row['value']);
    },
    save: (value) => void save.run(name, value),
  };
}
