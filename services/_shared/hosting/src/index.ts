export type { ConnectDeps, ConnectedService } from './connect-service.ts';
export { connectService } from './connect-service.ts';
export type { ConnectedServiceConfig, ConnectionConfig } from './connection-variables.ts';
export { connectionConfigOf, connectionVariables } from './connection-variables.ts';
