import { describe } from 'vitest';
import { describeBus } from '../testing/bus.contract.ts';
import { createKafkaWorld } from '../testing/kafka-world.ts';

const brokers = process.env['KAFKA_BROKERS'] ?? '';

describe.skipIf(brokers === '')('with the brokers of KAFKA_BROKERS', () => {
  describeBus('Kafka', () => createKafkaWorld(brokers));
});
