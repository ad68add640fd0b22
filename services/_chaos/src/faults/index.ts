import type { Fault } from '../fault.ts';
import { clockFaults } from './clock.ts';
import { crashPointFaults } from './crash-points.ts';
import { kafkaFaults } from './kafka.ts';
import { mysqlFaults } from './mysql.ts';
import { processFaults } from './processes.ts';
import { providerFaults } from './providers.ts';
import { rabbitmqFaults } from './rabbitmq.ts';
import { redisFaults } from './redis.ts';

export const faults: readonly Fault[] = [
  ...processFaults,
  ...crashPointFaults,
  ...mysqlFaults,
  ...kafkaFaults,
  ...rabbitmqFaults,
  ...redisFaults,
  ...providerFaults,
  ...clockFaults,
];
