import type { ServiceName, Topic } from '@checkout/contracts';
import type { Clock } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import type { Admin, ITopicMetadata } from 'kafkajs';
import { allTopics, type ConsumerGroup, deadLetterAddress } from '../broker/groups.ts';
import { createKafkaClient, type KafkaConnection } from './client.ts';

export type TopicsDeps = {
  readonly connection: KafkaConnection;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly topics: readonly Topic[];
  /** Who reads them: each group has a topic for copies of its dead letters beside each topic that it reads. */
  readonly groups: readonly ConsumerGroup[];
  /** Of the logs; fixed when they are made. */
  readonly partitions: number;
  /** Brokers that keep a copy. 3 in production: two of them have a message before it is acknowledged. */
  readonly replicationFactor: number;
};

/** Brokers learn of a new topic one after the other; after a restart that takes its time. */
const metadataWaitMs = 30_000;
const metadataPollMs = 100;

/** A topic that cannot be used. One line that says what to do. */
export class TopicMismatchError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TopicMismatchError';
  }
}

/** The topics of these services: what they announce and what they are told. */
export function topicsOf(services: readonly ServiceName[]): readonly Topic[] {
  return allTopics().filter((topic) => services.some((service) => topic.startsWith(`checkout.${service}.`)));
}

/**
 * Makes the topics that are missing, and checks the others. May be called any number of times, by several processes at once.
 *
 * @throws TopicMismatchError when a topic has another number of partitions than the logs
 * @throws Error when Kafka does not answer
 */
export async function ensureTopics(deps: TopicsDeps): Promise<void> {
  const { connection, clock, logger, partitions } = deps;
  const names = namesOf(deps);
  const admin = createKafkaClient(connection, logger).admin();
  try {
    await admin.connect();
    const existing = new Set(await admin.listTopics());
    await createMissing(
      admin,
      deps,
      names.filter((name) => !existing.has(name)),
    );
    refuseMismatches(await metadataOf(admin, names, clock), partitions);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

/**
 * Removes the topics with all that is in them, and the groups' offsets. For runs that made their own: nobody may use them.
 *
 * @throws Error when Kafka does not answer, or a group still has members
 */
export async function removeTopics(
  deps: Pick<TopicsDeps, 'connection' | 'logger' | 'topics' | 'groups'>,
): Promise<void> {
  const { connection, logger, groups } = deps;
  const { prefix = '' } = connection;
  const admin = createKafkaClient(connection, logger).admin();
  try {
    await admin.connect();
    const [topics, known] = [new Set(await admin.listTopics()), await admin.listGroups()];
    const members = new Set(groups.map(({ group }) => prefix + group));
    const made = known.groups.map(({ groupId }) => groupId).filter((group) => members.has(group));
    if (made.length > 0) await admin.deleteGroups(made);
    await admin.deleteTopics({ topics: namesOf(deps).filter((name) => topics.has(name)) });
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

/** With the prefix: what is published and what of it is copied. */
function namesOf({ connection, topics, groups }: Pick<TopicsDeps, 'connection' | 'topics' | 'groups'>): string[] {
  const { prefix = '' } = connection;
  const copies = groups.flatMap(({ group, topics: read }) =>
    read.map((topic) => deadLetterAddress(prefix, topic, group)),
  );
  return [...new Set([...topics.map((topic) => prefix + topic), ...copies])];
}

async function createMissing(
  admin: Admin,
  { partitions, replicationFactor }: TopicsDeps,
  missing: readonly string[],
): Promise<void> {
  if (missing.length === 0) return;
  const inSync = String(Math.max(1, replicationFactor - 1));
  // `false`, when another process has made them meanwhile.
  await admin.createTopics({
    waitForLeaders: false,
    topics: missing.map((topic) => ({
      topic,
      numPartitions: partitions,
      replicationFactor,
      configEntries: [
        { name: 'cleanup.policy', value: 'delete' },
        { name: 'min.insync.replicas', value: inSync },
      ],
    })),
  });
}

async function metadataOf(admin: Admin, names: string[], clock: Clock): Promise<readonly ITopicMetadata[]> {
  const deadline = clock.monotonic() + metadataWaitMs;
  for (;;) {
    try {
      return (await admin.fetchTopicMetadata({ topics: names })).topics;
    } catch (error) {
      if (clock.monotonic() > deadline) throw error;
      await clock.sleep(metadataPollMs);
    }
  }
}

function refuseMismatches(topics: readonly ITopicMetadata[], partitions: number): void {
  const mismatches = topics
    .filter((topic) => topic.partitions.length !== partitions)
    .map((topic) => `${topic.name} (${topic.partitions.length})`)
    .toSorted();
  if (mismatches.length === 0) return;
  throw new TopicMismatchError(
    `The log has ${partitions} partitions and these topics do not: ${mismatches.join(', ')}. ` +
      'Let their groups read them to the end, delete them, and start again.',
  );
}
