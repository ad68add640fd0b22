import type { DatabaseSync } from 'node:sqlite';
import type { ReadModelTable } from '../storage.port.ts';

/** The statements of the log, prepared once: preparing costs more than running. */
export function prepareStatements(database: DatabaseSync, table: ReadModelTable) {
  const columns = Object.keys(table.columns);
  const list = (parts: readonly string[]) => parts.join(', ');
  return {
    head: database.prepare('SELECT next_position FROM log_head WHERE partition = ?'),
    setHead: database.prepare(
      'INSERT INTO log_head VALUES (?, ?) ON CONFLICT DO UPDATE SET next_position = excluded.next_position',
    ),
    heads: database.prepare('SELECT partition, next_position FROM log_head'),
    version: database.prepare('SELECT max(version) AS version FROM log WHERE stream_id = ?'),
    rowsOfCause: database.prepare('SELECT * FROM log WHERE stream_id = ? AND cause_id = ? ORDER BY cause_index'),
    hasCause: database.prepare('SELECT 1 FROM log WHERE stream_id = ? AND cause_id = ? AND cause_index = 0'),
    insertRow: database.prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    stream: database.prepare('SELECT * FROM log WHERE stream_id = ? AND version > ? ORDER BY version'),
    partition: database.prepare('SELECT * FROM log WHERE place >= ? AND place < ? ORDER BY place LIMIT ?'),
    key: database.prepare('SELECT * FROM idempotency_key WHERE key_hash = ?'),
    insertKey: database.prepare('INSERT INTO idempotency_key VALUES (?, ?, ?, ?)'),
    purgeKeys: database.prepare(
      'DELETE FROM idempotency_key WHERE key_hash IN (SELECT key_hash FROM idempotency_key WHERE created_at < ? LIMIT ?)',
    ),
    offset: database.prepare(
      'SELECT position FROM consumer_offset WHERE consumer_group = ? AND log_id = ? AND partition = ?',
    ),
    setOffset: database.prepare(
      'INSERT INTO consumer_offset VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET position = excluded.position',
    ),
    offsets: database.prepare(
      'SELECT partition, position FROM consumer_offset WHERE consumer_group = ? AND log_id = ?',
    ),
    offsetLogs: database.prepare('SELECT DISTINCT log_id FROM consumer_offset WHERE consumer_group = ?'),
    takeLeases: database.prepare(
      `INSERT INTO cursor SELECT ?1, value, 0, ?2, ?4 FROM json_each(?5) WHERE true
       ON CONFLICT DO UPDATE SET owner = ?2, lease_until = ?4
       WHERE owner IS NULL OR owner = ?2 OR lease_until <= ?3 RETURNING partition, position`,
    ),
    moveCursors: database.prepare(
      `UPDATE cursor SET position = move.value ->> 'to' FROM json_each(?3) AS move
       WHERE consumer = ?1 AND owner = ?2 AND partition = move.value ->> 'partition'
       AND position IN (move.value ->> 'from', move.value ->> 'to') RETURNING partition`,
    ),
    releaseLeases: database.prepare('UPDATE cursor SET owner = NULL WHERE consumer = ? AND owner = ?'),
    readModel: database.prepare(`SELECT * FROM ${table.name} WHERE id = ?`),
    upsertReadModel: database.prepare(
      `INSERT INTO ${table.name} (id, version, created_at, updated_at, view, due_at, timer_kind, timer_version${columns
        .map((name) => `, ${name}`)
        .join('')})
       VALUES (${list(Array.from({ length: 8 + columns.length }, () => '?'))})
       ON CONFLICT DO UPDATE SET ${list(
         ['version', 'updated_at', 'view', 'due_at', 'timer_kind', 'timer_version', ...columns].map(
           (name) => `${name} = excluded.${name}`,
         ),
       )} WHERE excluded.version > version`,
    ),
    dueTimers: database.prepare(
      `SELECT id, due_at, timer_kind, timer_version FROM ${table.name} WHERE due_at <= ? ORDER BY due_at, id LIMIT ?`,
    ),
    nextTimer: database.prepare(`SELECT min(due_at) AS due_at FROM ${table.name} WHERE due_at IS NOT NULL`),
    insertDeadLetter: database.prepare(
      `INSERT INTO dead_letter
       (consumer_group, order_id, topic, message_id, type, message, reason, detail, state, parked_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (consumer_group, message_id) DO NOTHING`,
    ),
    settleDeadLetter: database.prepare('DELETE FROM dead_letter WHERE seq = ?'),
    holdDeadLetter: database.prepare("UPDATE dead_letter SET state = 'held' WHERE seq = ?"),
    parkDeadLetter: database.prepare("UPDATE dead_letter SET state = 'parked', reason = ?, detail = ? WHERE seq = ?"),
    deadLetters: database.prepare('SELECT * FROM dead_letter WHERE seq > ? ORDER BY seq LIMIT ?'),
    deadLettersOfOrder: database.prepare(
      'SELECT * FROM dead_letter WHERE seq > ? AND order_id = ? ORDER BY seq LIMIT ?',
    ),
    isHeld: database.prepare('SELECT 1 FROM dead_letter WHERE consumer_group = ? AND order_id = ? LIMIT 1'),
    redriving: database.prepare(
      `SELECT order_id FROM dead_letter WHERE consumer_group = ? AND order_id IS NOT NULL GROUP BY order_id
       HAVING MAX(state = 'redriving') = 1 OR MIN(state = 'held') = 1 LIMIT ?`,
    ),
    markRedriving: database.prepare("UPDATE dead_letter SET state = 'redriving' WHERE order_id = ?"),
    ping: database.prepare('SELECT 1 FROM meta LIMIT 1'),
  };
}

export type Statements = ReturnType<typeof prepareStatements>;
