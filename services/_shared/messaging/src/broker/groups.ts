import { messages, type ServiceName, services, type Topic } from '@checkout/contracts';

/** A consumer group and the topics that it reads. */
export type ConsumerGroup = { readonly group: string; readonly topics: readonly Topic[] };

export const allTopics = (): readonly Topic[] =>
  [...new Set(Object.values(messages).map(({ topic }) => topic))].toSorted();

/** Where a group's dead letters from a topic are copied to: a topic, or a queue. */
export const deadLetterAddress = (prefix: string, topic: string, group: string): string =>
  `${prefix}${topic}.${group}.dlt`;

const saga: ServiceName = 'orchestrator';
const sagaEvents: Topic = `checkout.${saga}.events`;

/** Who reads what, as the contracts have it: each service its commands, and the saga everybody's events. */
export function platformGroups(): readonly ConsumerGroup[] {
  const isFor = (service: ServiceName) => (topic: Topic) =>
    topic === `checkout.${service}.commands` || (service === saga && topic.endsWith('.events') && topic !== sagaEvents);
  return services
    .map((group) => ({ group, topics: allTopics().filter(isFor(group)) }))
    .filter(({ topics }) => topics.length > 0);
}
