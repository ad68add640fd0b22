import { services } from '@checkout/contracts';
import { loadLocalConfig } from '@checkout/local/config';
import { topicsOf } from '@checkout/messaging/kafka';
import { loadServers, processNames } from '@checkout/processes';
import type { Environment } from '@checkout/runtime';
import { dataDirectoryCheck } from './checks/data-directory.ts';
import { kafkaCheck } from './checks/kafka.ts';
import { mysqlCheck } from './checks/mysql.ts';
import { nodeCheck } from './checks/node.ts';
import { portsCheck } from './checks/ports.ts';
import { rabbitmqCheck } from './checks/rabbitmq.ts';
import { redisCheck } from './checks/redis.ts';
import type { Address } from './checks/server.ts';
import type { Check } from './finding.ts';

/** Where `compose.yaml` has it. */
const composedRedis = { url: 'redis://127.0.0.1:6379' };

/**
 * All that can be looked at from here, with the settings that `npm start` and `npm run services` would have.
 *
 * @param nodeVersion that runs this
 * @throws ConfigError naming every fault
 */
export function checksFor(environment: Environment, nodeVersion: string): readonly Check[] {
  const { host, port, dataDir } = loadLocalConfig({ ...environment, BUS: 'embedded', STORE: 'sqlite', AUTH: 'off' });
  return [
    nodeCheck(environment, nodeVersion),
    portsCheck(host, port, processNames.length),
    dataDirectoryCheck(dataDir),
    ...serverChecks(environment),
  ];
}

function serverChecks(environment: Environment): readonly Check[] {
  const servers = loadServers({ ...environment, BUS: 'kafka' });
  const { mysqlUrl, mysqlCa, databasePrefix, partitions, replicationFactor, redis = composedRedis } = servers;
  const kafka = servers.connection();
  const { bus: rabbitmq } = loadServers({ ...environment, BUS: 'rabbitmq' }).connection();
  const { brokers, ...login } = kafka.bus.kind === 'kafka' ? kafka.bus : { brokers: [] };
  const rabbitmqUrl = rabbitmq.kind === 'rabbitmq' ? rabbitmq.url : '';
  const at = (about: string, variable: string, host: string): Address => ({
    about,
    variable,
    host,
    isNamed: Boolean(environment[variable] ?? environment[`${variable}_FILE`]),
  });
  return [
    mysqlCheck(
      at('MySQL', 'MYSQL_URL', new URL(mysqlUrl).host),
      { url: mysqlUrl, ca: mysqlCa },
      services.map((service) => databasePrefix + service),
    ),
    kafkaCheck(
      at('Kafka', 'KAFKA_BROKERS', brokers.join(',')),
      { brokers, ...login },
      {
        topics: topicsOf(services).map((topic) => kafka.busPrefix + topic),
        partitions,
        replicationFactor,
      },
    ),
    rabbitmqCheck(at('RabbitMQ', 'RABBITMQ_URL', new URL(rabbitmqUrl).host), rabbitmqUrl),
    redisCheck(at('Redis', 'REDIS_URL', new URL(redis.url).host), redis),
  ];
}
