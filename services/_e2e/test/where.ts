import process from 'node:process';
import { z } from 'zod';

/**
 * What the suite is run on: the whole platform in one process, or each service in its own on MySQL and a broker, as
 * `npm run services` starts them. `E2E_ON` says which.
 */
export const where = z
  .enum(['local', 'kafka', 'rabbitmq'], { error: 'E2E_ON must be local, kafka or rabbitmq' })
  .default('local')
  .parse(process.env['E2E_ON'] || undefined);

export const onServers = where !== 'local';
