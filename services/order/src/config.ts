import { type ConnectedServiceConfig, connectionConfigOf, connectionVariables } from '@checkout/hosting';
import { type Environment, loadConfig, serverUrlVariable, serviceConfigOf, serviceVariables } from '@checkout/runtime';
import { z } from 'zod';

export type OrderConfig = ConnectedServiceConfig & {
  /** Where instances share copies of orders and count their callers together; without it, each does so alone. */
  readonly redisUrl: string | undefined;
};

const schema = z.object({
  ...serviceVariables({ port: 8080 }),
  ...connectionVariables,
  REDIS_URL: serverUrlVariable(['redis', 'rediss'], { default: undefined }),
});

/** @throws ConfigError naming every fault */
export function loadOrderConfig(environment: Environment): OrderConfig {
  const given = loadConfig(schema, environment);
  return { ...serviceConfigOf(given), connection: connectionConfigOf(given), redisUrl: given.REDIS_URL };
}
