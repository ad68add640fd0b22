export { processNames } from './plan.ts';
export { prepareBus } from './prepare-bus.ts';
export { databaseUrl, dropDatabases, prepareDatabases } from './prepare-databases.ts';
export type { Servers } from './settings.ts';
export { loadServers } from './settings.ts';
