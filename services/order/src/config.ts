import {
  type ConnectedServiceConfig,
  connectionConfigOf,
  connectionVariables,
  type RedisConfig,
  redisConfigOf,
  redisVariables,
} from '@checkout/hosting';
import { type Environment, loadConfig, serviceConfigOf, serviceVariables } from '@checkout/runtime';
import { z } from 'zod';

export type OrderConfig = ConnectedServiceConfig & {
  /** Where instances share copies of orders and count their callers together; without it, each does so alone. */
  readonly redis: RedisConfig | undefined;
};

const schema = z.object({ ...serviceVariables({ port: 8080 }), ...connectionVariables, ...redisVariables });

/** @throws ConfigError naming every fault */
export function loadOrderConfig(environment: Environment): OrderConfig {
  const given = loadConfig(schema, environment);
  return { ...serviceConfigOf(given), connection: connectionConfigOf(given), redis: redisConfigOf(given) };
}
