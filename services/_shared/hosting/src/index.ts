export type { ConnectDeps, ConnectedService } from './connect-service.ts';
export { connectService } from './connect-service.ts';
export type { ConnectedServiceConfig, ConnectionConfig } from './connection-variables.ts';
export { connectionConfigOf, connectionVariables } from './connection-variables.ts';
export type { KafkaAddress } from './kafka-variables.ts';
export { brokersVariable } from './kafka-variables.ts';
export type { RedisConfig } from './redis-variables.ts';
export { redisConfigOf, redisVariables } from './redis-variables.ts';
