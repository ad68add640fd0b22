import {
  describeMessage,
  isMessageType,
  messages,
  type MessageType,
  producerOf,
  type ServiceName,
  type Topic,
  topicOf,
} from '@checkout/contracts';
import { allTopics, deadLetterAddress, platformGroups } from './groups.ts';

/**
 * The parts of an AsyncAPI document that are one service's. Those of several services go together by name: what two of them
 * share is the same in both.
 */
export type MessagingDescription = {
  readonly channels: Readonly<Record<string, object>>;
  readonly operations: Readonly<Record<string, object>>;
  readonly components: { readonly messages: Readonly<Record<string, object>> };
};

/** What a service sends and receives. A channel has all messages that anybody sends on it. */
export function describeMessaging(
  service: ServiceName,
  { partitions }: { readonly partitions: number },
): MessagingDescription {
  const sent = allTopics().filter((topic) => producerOf(topic) === service);
  const received = platformGroups().flatMap(({ group, topics }) => (group === service ? topics : []));
  const topics = [...new Set([...sent, ...received])];
  const copies = received.map((topic) => deadLetterAddress('', topic, service));
  return {
    channels: {
      ...named(topics, (topic) => channelOf(topic, typesOn(topic), descriptionOf(topic), partitions)),
      ...named(copies, (copy) => channelOf(copy, [deadLetter], copiesDescription, partitions)),
    },
    operations: {
      ...named(sent, (topic) => operationOf('send', topic, typesOn(topic), sendBindings), `${service}.sends.`),
      ...named(
        received,
        (topic) => operationOf('receive', topic, typesOn(topic), groupOf(service)),
        `${service}.receives.`,
      ),
      ...named(copies, (copy) => operationOf('send', copy, [deadLetter], sendBindings), `${service}.sends.`),
    },
    components: {
      messages: {
        ...named(topics.flatMap(typesOn), messageOf),
        ...(copies.length > 0 && { [deadLetter]: deadLetterMessage }),
      },
    },
  };
}

/** Of the Kafka binding. */
const bindingVersion = '0.5.0';
const deadLetter = 'DeadLetterCopy';
const copiesDescription =
  'Copies of messages that could not be handled, for people and their tools. Nobody reads them back, and one that fails is ' +
  'given up: the list is GET /v1/dead-letters.';
const sendBindings = { kafka: { bindingVersion } };

function named<Name extends string>(
  names: readonly Name[],
  describe: (name: Name) => object,
  prefix = '',
): Readonly<Record<string, object>> {
  return Object.fromEntries(names.map((name) => [prefix + name, describe(name)]));
}

function typesOn(topic: Topic): readonly MessageType[] {
  return Object.keys(messages)
    .filter(isMessageType)
    .filter((type) => topicOf(type) === topic);
}

function descriptionOf(topic: Topic): string {
  const [, service, kind] = topic.split('.');
  const what = kind === 'events' ? `What the service ${service} announces.` : `What the service ${service} is told.`;
  return (
    `${what} At least once, and in order for each order: the key is the order’s id, and the partition the last 4 bytes of ` +
    'the id, big-endian, modulo the number of partitions. Over RabbitMQ, an exchange of the same name. An installation may ' +
    'put a prefix before all names.'
  );
}

function channelOf(address: string, types: readonly string[], description: string, partitions: number): object {
  return {
    address,
    description,
    messages: named(types, (type) => reference('components', 'messages', type)),
    bindings: {
      kafka: { topic: address, partitions, topicConfiguration: { 'cleanup.policy': ['delete'] }, bindingVersion },
    },
  };
}

function operationOf(action: 'send' | 'receive', channel: string, types: readonly string[], bindings: object): object {
  return {
    action,
    channel: reference('channels', channel),
    messages: types.map((type) => reference('channels', channel, 'messages', type)),
    bindings,
  };
}

const groupOf = (group: ServiceName) => ({ kafka: { groupId: { type: 'string', const: group }, bindingVersion } });

function messageOf(type: MessageType): object {
  const { type: name, headers, payload } = describeMessage(type);
  return {
    name,
    title: type,
    contentType: 'application/json',
    headers,
    payload,
    correlationId: { location: '$message.header#/ce_correlationid' },
    bindings: { kafka: { key: { type: 'string', format: 'uuid' }, bindingVersion } },
  };
}

/** Whatever came, readable or not, with the reason beside it. */
const deadLetterMessage = {
  name: 'checkout.DeadLetterCopy',
  title: deadLetter,
  summary: 'The record as it came, and why it was parked. The headers are those of Spring for Apache Kafka.',
  headers: {
    type: 'object',
    properties: {
      'kafka_dlt-exception-fqcn': { type: 'string', description: 'The reason, a code.' },
      'kafka_dlt-exception-message': { type: 'string' },
      'kafka_dlt-original-topic': { type: 'string' },
      'kafka_dlt-original-consumer-group': { type: 'string' },
      'kafka_dlt-original-partition': { type: 'string', description: '4 bytes, big-endian.' },
      'kafka_dlt-original-offset': { type: 'string', description: '8 bytes, big-endian.' },
      'kafka_dlt-original-timestamp': { type: 'string', description: 'Unix milliseconds in 8 bytes, big-endian.' },
      'kafka_dlt-original-timestamp-type': { type: 'string' },
    },
    required: [
      'kafka_dlt-exception-fqcn',
      'kafka_dlt-exception-message',
      'kafka_dlt-original-topic',
      'kafka_dlt-original-consumer-group',
    ],
  },
  payload: {},
  bindings: { kafka: { bindingVersion } },
};

function reference(...path: readonly string[]): { readonly $ref: string } {
  return { $ref: `#/${path.join('/')}` };
}
