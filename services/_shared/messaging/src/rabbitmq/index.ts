export type { RabbitmqAddress } from './client.ts';
export type { RabbitmqBus, RabbitmqBusDeps } from './rabbitmq-bus.ts';
export { createRabbitmqBus } from './rabbitmq-bus.ts';
export type { RabbitmqTopology } from './topology.ts';
export { declareTopology, removeTopology, TopologyMismatchError } from './topology.ts';
