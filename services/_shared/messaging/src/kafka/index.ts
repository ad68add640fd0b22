export type { KafkaConnection } from './client.ts';
export type { KafkaBus, KafkaBusDeps } from './kafka-bus.ts';
export { createKafkaBus } from './kafka-bus.ts';
export type { KafkaSasl, KafkaTls } from './login.ts';
export { loginOptions } from './login.ts';
export { calmRequestQueue } from './request-queue.ts';
export type { TopicsDeps } from './topics.ts';
export { ensureTopics, removeTopics, TopicMismatchError, topicsOf } from './topics.ts';
