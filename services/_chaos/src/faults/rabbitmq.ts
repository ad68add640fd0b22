import type { Fault } from '../fault.ts';

const goneMs = 60_000;
const slowMs = 20_000;

const cannot: Fault['cannot'] = ({ bus }) => (bus === 'rabbitmq' ? undefined : 'the bus is Kafka');
const lines = (arena: Parameters<Fault['strike']>[0]) => arena.all.flatMap(({ rabbitmq }) => rabbitmq ?? []);

export const rabbitmqFaults: readonly Fault[] = [
  {
    name: 'rabbitmq-killed',
    does: 'kill -9 of the broker, and a start on the same data',
    cannot,
    async strike(arena) {
      await arena.control.rabbitmq.kill();
      await arena.control.rabbitmq.restart();
      return { times: 1, seen: 'killed and started' };
    },
    heal: (arena) => arena.control.rabbitmq.restart(),
  },
  {
    name: 'rabbitmq-gone',
    does: `no broker for ${goneMs / 1000} s`,
    cannot,
    async strike(arena) {
      await arena.control.rabbitmq.kill();
      await arena.clock.sleep(goneMs);
      await arena.control.rabbitmq.restart();
      return { times: 1, seen: `gone for ${goneMs / 1000} s` };
    },
    heal: (arena) => arena.control.rabbitmq.restart(),
  },
  {
    name: 'rabbitmq-slow',
    does: `every piece to and from the broker comes up to 200 ms late, and every line is cut once, for ${slowMs / 1000} s`,
    cannot,
    async strike(arena) {
      for (const line of lines(arena)) line.delay(() => arena.random.next() * 200);
      await arena.clock.sleep(slowMs / 2);
      for (const line of lines(arena)) line.cut();
      for (const line of lines(arena)) line.mend();
      await arena.clock.sleep(slowMs / 2);
      return { times: lines(arena).length, seen: `${lines(arena).length} slow lines, each cut once` };
    },
    heal(arena) {
      for (const line of lines(arena)) line.mend();
      return Promise.resolve();
    },
  },
];
