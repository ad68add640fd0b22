import process from 'node:process';
import { z } from 'zod';

/**
 * What the suite is run on: the whole platform in one process; each service in its own on MySQL and a broker, as
 * `npm run services` starts them; or a platform that runs on a cluster. `E2E_ON` says which.
 */
export const where = z
  .enum(['local', 'kafka', 'rabbitmq', 'cluster'], { error: 'E2E_ON must be local, kafka, rabbitmq or cluster' })
  .default('local')
  .parse(process.env['E2E_ON'] || undefined);

export const onServers = where !== 'local';
