export { dropDatabases } from './drop-databases.ts';
export { processNames } from './plan.ts';
export { prepareBus } from './prepare-bus.ts';
export { databaseUrl, prepareDatabases } from './prepare-databases.ts';
export type { Servers } from './settings.ts';
export { loadServers } from './settings.ts';
