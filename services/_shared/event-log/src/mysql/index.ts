export type { Migrated, MigrateOptions } from './migrate.ts';
export { dropMysqlDatabase, migrateMysqlLog } from './migrate.ts';
export type { MysqlLogOptions } from './open.ts';
export { openMysqlLog } from './open.ts';
export type { ServerAddress } from './server-work.ts';
export { MigrationError } from './server-work.ts';
export type { MysqlUser } from './users.ts';
export { addressOfUser, dropMysqlUser, ensureMysqlUser, MayNotMakeUsersError } from './users.ts';
