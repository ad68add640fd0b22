import { type Admin, Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import type { Arena } from '../arena.ts';

/** @param patience how long to wait for Kafka; its client's own when left out */
export async function asAdministrator<Value>(
  arena: Arena,
  work: (admin: Admin) => Promise<Value>,
  patience: Partial<KafkaConfig> = {},
): Promise<Value> {
  const { bus } = arena.servers.connection();
  if (bus.kind !== 'kafka') throw new Error('the bus is not Kafka');
  const { brokers } = bus;
  const kafka = new Kafka({ ...patience, brokers: [...brokers], clientId: 'chaos', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

const impatient = { connectionTimeout: 1_000, requestTimeout: 1_000, retry: { retries: 0 } };

/** @throws Error when Kafka does not answer a first question in time */
export function kafkaAnswers(arena: Arena): Promise<unknown> {
  return asAdministrator(arena, (admin) => admin.listTopics(), impatient);
}
