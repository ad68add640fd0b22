export { prepareBus } from './prepare-bus.ts';
export { databaseUrl, dropDatabases, prepareDatabases } from './prepare-databases.ts';
