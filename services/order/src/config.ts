import { type Environment, loadConfig, type ServiceConfig, serviceConfigOf, serviceVariables } from '@checkout/runtime';
import { z } from 'zod';

const schema = z.object(serviceVariables({ port: 8080 }));

/** @throws ConfigError naming every fault */
export function loadOrderConfig(environment: Environment): ServiceConfig {
  return serviceConfigOf(loadConfig(schema, environment));
}
