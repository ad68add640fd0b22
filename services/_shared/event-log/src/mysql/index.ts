export type { Migrated, MigrateOptions } from './migrate.ts';
export { dropMysqlDatabase, migrateMysqlLog, MigrationError } from './migrate.ts';
export type { MysqlLogOptions } from './open.ts';
export { openMysqlLog } from './open.ts';
