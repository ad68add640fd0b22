export { prepareBus } from './prepare-bus.ts';
export type { DatabaseOptions } from './prepare-databases.ts';
export { databaseUrl, prepareDatabases } from './prepare-databases.ts';
