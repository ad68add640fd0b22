import type { Fault } from '../fault.ts';
import { hung, killed, linesTo, mendLines, slowDown, type Victim } from './servers.ts';

const goneMs = 60_000;
const hungMs = 20_000;
const slowMs = 20_000;

const cannot: Fault['cannot'] = ({ bus }) => (bus === 'rabbitmq' ? undefined : 'the bus is Kafka');
const broker: Victim = { name: 'rabbitmq', title: 'the broker', cannot };

export const rabbitmqFaults: readonly Fault[] = [
  killed(broker, 'rabbitmq-killed'),
  killed(broker, 'rabbitmq-gone', goneMs),
  hung(broker, hungMs),
  {
    name: 'rabbitmq-slow',
    does: `every piece to and from the broker comes up to 200 ms late, and every line is cut once, for ${slowMs / 1000} s`,
    cannot,
    async strike(arena) {
      const lines = linesTo(arena, 'rabbitmq');
      const slowPieces = () => slowDown(lines, () => arena.random.next() * 200);
      const beforeCut = slowPieces();
      await arena.clock.sleep(slowMs / 2);
      for (const line of lines) line.cut();
      await mendLines(lines);
      const behindCut = slowPieces();
      await arena.clock.sleep(slowMs / 2);
      await mendLines(lines);
      const [times, later] = [beforeCut(), behindCut()];
      return { times: Math.min(times, later), seen: `${times} slow pieces, all lines cut, ${later} slow pieces` };
    },
    heal: (arena) => mendLines(linesTo(arena, 'rabbitmq')),
  },
];
