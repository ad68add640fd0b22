import type { ServiceName } from '@checkout/contracts';
import type { TcpProxy } from '@checkout/runtime/testing';
import type { Arena, Wired } from '../arena.ts';
import type { Fault } from '../fault.ts';

/** A process is killed at an exact place, found by what it says to others: what it was about to send, or was about to hear. */
type CrashPoint = {
  readonly name: string;
  readonly does: string;
  readonly service: ServiceName;
  readonly line: 'mysql' | 'provider';
  /** In what the process sends. */
  readonly text: string;
  readonly moment: 'unsent' | 'sent' | 'answered';
};

const points: readonly CrashPoint[] = [
  {
    name: 'crash-before-commit',
    does: 'order dies before the transaction with an order and its key is committed',
    service: 'order',
    line: 'mysql',
    text: 'INSERT INTO idempotency_key',
    moment: 'unsent',
  },
  {
    name: 'crash-commit-sent',
    does: 'order dies when COMMIT has left it',
    service: 'order',
    line: 'mysql',
    text: 'INSERT INTO idempotency_key',
    moment: 'sent',
  },
  {
    name: 'crash-committed-before-reply',
    does: 'order dies when an order is committed, before it hears of it and anybody is answered',
    service: 'order',
    line: 'mysql',
    text: 'INSERT INTO idempotency_key',
    moment: 'answered',
  },
  {
    name: 'crash-acked-before-cursor',
    does: 'order dies when the broker has its messages, before its relay notes that',
    service: 'order',
    line: 'mysql',
    text: 'UPDATE log_cursor SET position',
    moment: 'unsent',
  },
  {
    name: 'crash-recorded-before-offset',
    does: 'orchestrator dies when a batch is recorded, before the broker is told',
    service: 'orchestrator',
    line: 'mysql',
    text: 'COMMIT',
    moment: 'answered',
  },
  {
    name: 'crash-before-provider-call',
    does: 'payment dies before the provider gets its request',
    service: 'payment',
    line: 'provider',
    text: 'POST /psp/',
    moment: 'unsent',
  },
  {
    name: 'crash-provider-ok-before-record',
    does: 'payment dies when the provider has authorised, before anything is recorded',
    service: 'payment',
    line: 'provider',
    text: 'POST /psp/authorizations',
    moment: 'answered',
  },
  {
    name: 'crash-captured-before-record',
    does: 'payment dies when the provider has captured, before that is recorded',
    service: 'payment',
    line: 'provider',
    text: 'POST /psp/captures',
    moment: 'answered',
  },
  {
    name: 'crash-refunded-before-event',
    does: 'payment dies when the provider has given money back, before that is recorded',
    service: 'payment',
    line: 'provider',
    text: 'POST /psp/refunds',
    moment: 'answered',
  },
  {
    name: 'crash-booked-before-record',
    does: 'shipping dies when the carrier has booked, before that is recorded',
    service: 'shipping',
    line: 'provider',
    text: 'POST /carrier/shipments',
    moment: 'answered',
  },
];

const crashes = 3;
const withinMs = 30_000;

export const crashPointFaults: readonly Fault[] = points.map((point) => ({
  name: point.name,
  does: point.does,
  async strike(arena) {
    let times = 0;
    for (let crash = 0; crash < crashes; crash += 1) {
      const victim = await firstAt(arena, point);
      if (victim === undefined) break;
      await victim.instance.kill();
      times += 1;
      await victim.instance.start();
    }
    return { times, seen: `${times} times killed there` };
  },
  async heal(arena) {
    await Promise.all(arena.of(point.service).map(({ instance }) => instance.start()));
  },
}));

/** The first instance that comes to the place. The others' lines stand still if they come there later: they die as well. */
async function firstAt(arena: Arena, { service, line, text, moment }: CrashPoint): Promise<Wired | undefined> {
  const late = new AbortController();
  const candidates = arena.of(service);
  const arrivals = candidates.map(async (wired) => {
    await (wired[line] as TcpProxy).holdAt(text, moment);
    return wired;
  });
  const tooLate = arena.clock.sleep(withinMs, late.signal).then(() => undefined);
  const first = await Promise.race([...arrivals, tooLate]);
  late.abort();
  for (const wired of candidates) wired[line]?.release();
  return first;
}
