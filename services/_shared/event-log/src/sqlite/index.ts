export { LogOpenError } from '../log-open-error.ts';
export type { SqliteLogOptions } from './open.ts';
export { createSqliteStorage } from './sqlite-storage.ts';
export { openSqliteLogReader } from './log-reader.ts';
export type { SqliteLogReader } from './log-reader.ts';
