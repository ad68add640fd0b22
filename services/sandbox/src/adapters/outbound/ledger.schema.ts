/** Amounts are minor units, times Unix milliseconds. Columns for what is queried, JSON for what is only kept. */
export const ledgerSchema = `
  CREATE TABLE IF NOT EXISTS payment (
    reference TEXT PRIMARY KEY,
    currency TEXT NOT NULL,
    token TEXT NOT NULL,
    auth_state TEXT NOT NULL,
    decline_reason TEXT,
    capture_state TEXT NOT NULL,
    approved_amount INTEGER NOT NULL,
    authorized INTEGER NOT NULL,
    captured INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    voided INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS shipment (
    reference TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    gets_lost INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS idempotency_key (
    provider TEXT NOT NULL,
    key TEXT NOT NULL,
    operation_hash TEXT NOT NULL,
    answer TEXT,
    PRIMARY KEY (provider, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS effect (
    seq INTEGER PRIMARY KEY,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    item TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS effect_due ON effect (due_at, seq);

  CREATE TABLE IF NOT EXISTS webhook (
    seq INTEGER PRIMARY KEY,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    item TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS webhook_due ON webhook (due_at, seq);

  CREATE TABLE IF NOT EXISTS setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
