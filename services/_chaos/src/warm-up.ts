import { randomBytes } from 'node:crypto';
import { listOrders } from '@checkout/checker';
import { isOfRun } from '@checkout/load';
import type { ExperimentOptions } from './experiment.ts';
import { startLoad } from './load.ts';
import { durationsMs, longBefore, settle, settleMs } from './settle.ts';

const roundMs = 5_000;
const maxRounds = 8;
/** Half of what a fault that nobody may notice is allowed. */
const quickMs = 5_000;

/**
 * Places orders until the platform carries them as quickly as it will: processes that have just started run code that is not
 * compiled yet, and the first fault would be blamed for it.
 *
 * @returns whether it came to that
 */
export async function warmUp(options: ExperimentOptions): Promise<boolean> {
  const { arena, httpClient, perSecond, seed, say } = options;
  for (let round = 1; round <= maxRounds; round += 1) {
    const runId = randomBytes(4).toString('hex');
    const since = longBefore(arena.clock.now());
    const load = startLoad({ arena, httpClient, runId, seed, perSecond });
    await arena.clock.sleep(roundMs);
    await load.stop();
    await settle({ arena, runId, seed, since, isPlaced: () => true, withinMs: settleMs });
    const orders = [];
    for await (const order of listOrders(arena.get, { since })) {
      if (isOfRun(order.userId, runId)) orders.push(order);
    }
    const slowestMs = Math.max(0, ...durationsMs(orders, { seed, runId }));
    say(`warming up: the slowest of ${orders.length} orders took ${(slowestMs / 1_000).toFixed(1)} s`);
    if (orders.length > 0 && slowestMs <= quickMs) return true;
  }
  return false;
}
