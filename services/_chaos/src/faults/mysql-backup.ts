import type { Connection, RowDataPacket } from 'mysql2/promise';

/** The rows of each table, which is named with its database. */
export type Backup = ReadonlyMap<string, readonly (readonly unknown[])[]>;

const rowsPerInsert = 500;

/** All rows of these databases as they are at one moment, while others go on writing: what mysqldump --single-transaction has. */
export async function takeBackup(connection: Connection, databases: readonly string[]): Promise<Backup> {
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  const [tables] = await connection.query<RowDataPacket[]>(
    `SELECT table_schema AS owner, table_name AS name FROM information_schema.tables
     WHERE table_schema IN (?) AND table_type = 'BASE TABLE'`,
    [databases],
  );
  const backup = new Map<string, readonly (readonly unknown[])[]>();
  for (const { owner, name } of tables) {
    const table = `\`${owner}\`.\`${name}\``;
    const [rows] = await connection.query<RowDataPacket[][]>({ sql: `SELECT * FROM ${table}`, rowsAsArray: true });
    backup.set(table, rows);
  }
  await connection.query('COMMIT');
  return backup;
}

/**
 * Sets all tables back. Nobody may write to them meanwhile.
 *
 * @returns how many rows of logs are lost by it
 */
export async function restoreBackup(connection: Connection, backup: Backup): Promise<number> {
  let lost = 0;
  for (const [table, rows] of backup) {
    const [counted] = await connection.query<RowDataPacket[]>(`SELECT COUNT(*) AS count FROM ${table}`);
    if (table.endsWith('.`log`')) lost += Number(counted[0]?.['count']) - rows.length;
    await connection.query(`DELETE FROM ${table}`);
    for (let from = 0; from < rows.length; from += rowsPerInsert) {
      await connection.query(`INSERT INTO ${table} VALUES ?`, [rows.slice(from, from + rowsPerInsert)]);
    }
  }
  return lost;
}
