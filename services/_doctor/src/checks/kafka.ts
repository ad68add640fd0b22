import { calmRequestQueue, type KafkaConnection, loginOptions } from '@checkout/messaging/kafka';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { type Check, faulty, type Finding, ok } from '../finding.ts';
import { type Address, connectTimeoutMs, unreachable } from './server.ts';

export type KafkaTopic = {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly minInSync: number;
};

export type KafkaFacts = {
  readonly brokers: number;
  /** Those of the platform that are there. */
  readonly topics: readonly KafkaTopic[];
};

export type KafkaNeeds = {
  /** With their prefix. */
  readonly topics: readonly string[];
  readonly partitions: number;
  readonly replicationFactor: number;
};

/** Where Kafka is, how it is reached and as whom. */
export type KafkaServer = Pick<KafkaConnection, 'brokers' | 'tls' | 'sasl'>;

export function kafkaCheck(address: Address, server: KafkaServer, needs: KafkaNeeds): Check {
  return {
    about: address.about,
    async run() {
      try {
        return judgeKafka(address, await readFacts(server, needs.topics), needs);
      } catch (error) {
        return [unreachable(address, error)];
      }
    },
  };
}

export function judgeKafka(
  { about, host }: Address,
  { brokers, topics }: KafkaFacts,
  { topics: wanted, partitions, replicationFactor }: KafkaNeeds,
): readonly Finding[] {
  const madeLater = wanted.length - topics.length;
  const made = madeLater === 0 ? '' : `; npm run services makes ${madeLater}`;
  return [
    ok(about, `${brokers} broker${brokers === 1 ? '' : 's'} at ${host}, ${topics.length} of our topics${made}`),
    ...judgePartitions(about, topics, partitions),
    ...(madeLater > 0 && replicationFactor > brokers
      ? [
          faulty(
            about,
            'broken',
            `KAFKA_REPLICATION is ${replicationFactor}, and there are fewer brokers`,
            'start more brokers, or lower it',
          ),
        ]
      : []),
    ...topics.flatMap((topic) => judgeCopies(about, topic)),
  ];
}

function judgePartitions(about: string, topics: readonly KafkaTopic[], wanted: number): readonly Finding[] {
  const wrong = topics.filter(({ partitions }) => partitions !== wanted);
  if (wrong.length === 0) return [];
  const names = wrong.map(({ name, partitions }) => `${name} (${partitions})`).join(', ');
  const mend =
    'set LOG_PARTITIONS to what the logs were made with, or let the topics be read to the end and delete them';
  return [faulty(about, 'broken', `the logs have ${wanted} partitions and these topics do not: ${names}`, mend)];
}

function judgeCopies(about: string, { name, replicas, minInSync }: KafkaTopic): readonly Finding[] {
  const command = `kafka-configs --alter --topic ${name} --add-config min.insync.replicas=${Math.max(1, replicas - 1)}`;
  if (minInSync > replicas) {
    const says = `${name} wants ${minInSync} copies in sync and has ${replicas}: it takes no messages`;
    return [faulty(about, 'broken', says, command)];
  }
  if (replicas > 1 && minInSync === replicas) {
    return [faulty(about, 'warning', `${name} takes no messages while one of ${replicas} brokers is away`, command)];
  }
  if (replicas > 2 && minInSync < 2) {
    return [faulty(about, 'warning', `${name} acknowledges what a single broker has`, command)];
  }
  return [];
}

async function readFacts(server: KafkaServer, wanted: readonly string[]): Promise<KafkaFacts> {
  calmRequestQueue();
  const kafka = new Kafka({
    ...loginOptions(server),
    brokers: [...server.brokers],
    clientId: 'doctor',
    connectionTimeout: connectTimeoutMs,
    requestTimeout: connectTimeoutMs,
    enforceRequestTimeout: true,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    const existing = (await admin.listTopics()).filter((name) => wanted.includes(name)).toSorted();
    if (existing.length === 0) return { brokers: cluster.brokers.length, topics: [] };
    const { topics } = await admin.fetchTopicMetadata({ topics: existing });
    const minInSync = await readMinInSync(admin, existing);
    return {
      brokers: cluster.brokers.length,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.length,
        replicas: partitions[0]?.replicas.length ?? 0,
        minInSync: minInSync.get(name) ?? 1,
      })),
    };
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

async function readMinInSync(
  admin: ReturnType<Kafka['admin']>,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: ['min.insync.replicas'],
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [resourceName, Number(configEntries[0]?.configValue ?? 1)]),
  );
}
