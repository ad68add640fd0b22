import type { Fault } from '../fault.ts';
import { hung, killed, slowLines, type Victim } from './servers.ts';

const goneMs = 120_000;
const hungMs = 20_000;
const slowMs = 20_000;

const cannot: Fault['cannot'] = ({ bus }) => (bus === 'rabbitmq' ? undefined : 'the bus is Kafka');
const broker: Victim = { name: 'rabbitmq', title: 'the broker', cannot };

export const rabbitmqFaults: readonly Fault[] = [
  killed(broker, 'rabbitmq-killed'),
  killed(broker, 'rabbitmq-gone', goneMs),
  hung(broker, hungMs),
  slowLines(broker, slowMs),
];
