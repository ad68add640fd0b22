import type { BenchContext } from '../bench-context.ts';
import { type Measurement, measure } from '../load/measure.ts';
import { createOrderRequests } from '../load/order-requests.ts';
import { type OrderClients, type Place, startOrderSystem } from './order-system.ts';

export type SagaRun = {
  /** Orders on their way at any time. */
  readonly inFlight: number;
  readonly place: Place;
  /** For `sqlite`: empty, or with logs that hold only orders at their end. */
  readonly dataDir: string;
  /** The carrier refuses one order of so many; without it, all are completed. */
  readonly refusedEvery?: number;
  readonly label: string;
};

export type SagaMeasurement = {
  readonly completion: Measurement;
  /** Of looking at a completed order over HTTP: completion itself is observed without, a client needs at least one. */
  readonly look: Measurement | undefined;
};

export const lookingClients = 16;
const lookMs = 1_000;

/**
 * One run of B2: orders from the request to their end, in a closed loop, and the money afterwards.
 *
 * @throws BenchError when an order ended otherwise than it has to, or the provider's books differ
 */
export async function runSaga(context: BenchContext, run: SagaRun): Promise<SagaMeasurement> {
  const { inFlight, place, dataDir, refusedEvery, label } = run;
  const system = await startOrderSystem(context, place, dataDir);
  let clients: OrderClients | undefined;
  try {
    const opened = await system.openClients(Math.max(inFlight, lookingClients), createOrderRequests(refusedEvery));
    clients = opened;
    const operate = async (client: number) => void (await opened.complete(client));
    const { saga, look: lookWarmUpMs } = context.warmUpMs;
    const orders = { server: system, concurrency: inFlight, operate, warmUpMs: saga, label };
    const completion = await measure(context, orders);
    await opened.checkMoney();
    if (opened.look === undefined) return { completion, look: undefined };
    const looks = { server: system, concurrency: lookingClients, operate: opened.look, warmUpMs: lookWarmUpMs, label };
    return { completion, look: await measure({ ...context, measureMs: lookMs }, looks) };
  } finally {
    await clients?.close();
    await system.stop();
  }
}
