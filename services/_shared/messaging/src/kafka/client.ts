import type { Logger } from '@checkout/runtime';
import { Kafka, logLevel, type RetryOptions } from 'kafkajs';
import { type KafkaSasl, type KafkaTls, loginOptions } from './login.ts';
import { calmRequestQueue } from './request-queue.ts';

export type KafkaConnection = {
  /** `host:port` of brokers to begin with; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** What the brokers call this process in their logs. */
  readonly clientId: string;
  /** Without it, nothing is encrypted. */
  readonly tls?: KafkaTls | undefined;
  /** Without it, nobody logs in. */
  readonly sasl?: KafkaSasl | undefined;
  /** Before the name of every topic and group: several installations may share brokers. Empty by default. */
  readonly prefix?: string;
};

const connectionTimeoutMs = 1_000;
/** For an answer; those that a broker holds back on purpose (fetch, join) have their own time on top. */
const requestTimeoutMs = 10_000;

/** kafkajs gives up soon: who waits, for how long and what is then done anew is decided here, not there. */
const retry: RetryOptions = {
  retries: 3,
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  factor: 0.2,
  multiplier: 2,
  restartOnFailure: async () => false,
};

/** Does not connect. What kafkajs has to say goes to the debug log: it repeats itself at every try. */
export function createKafkaClient(connection: KafkaConnection, logger: Logger): Kafka {
  calmRequestQueue();
  const { brokers, clientId } = connection;
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...loginOptions(connection),
    connectionTimeout: connectionTimeoutMs,
    authenticationTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    retry,
    logLevel: logLevel.WARN,
    logCreator: () => {
      const lines = logger.child({ component: 'kafkajs' });
      return ({ namespace, label, log }) => lines.debug(log.message, { operation: namespace, state: label });
    },
  });
}
