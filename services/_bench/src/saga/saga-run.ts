import type { BenchContext } from '../bench-context.ts';
import { type Measurement, measure } from '../load/measure.ts';
import { type OrderClients, openOrderClients } from './complete-orders.ts';
import { startPlatform } from './platform-under-test.ts';

export type SagaRun = {
  /** Orders on their way at any time. */
  readonly inFlight: number;
  /** Empty, or with logs that hold only orders at their end. */
  readonly dataDir: string;
  readonly label: string;
};

export type SagaMeasurement = {
  readonly completion: Measurement;
  /** Of looking at a completed order over HTTP: completion itself is observed without, a client needs at least one. */
  readonly look: Measurement;
};

export const lookingClients = 16;
const lookMs = 1_000;

/**
 * One run of B2: orders from the request to COMPLETED, in a closed loop, and the money afterwards.
 *
 * @throws BenchError when an order was not completed, or the provider's books differ
 */
export async function runSaga(context: BenchContext, run: SagaRun): Promise<SagaMeasurement> {
  const { inFlight, dataDir, label } = run;
  const platform = await startPlatform(context, dataDir);
  let clients: OrderClients | undefined;
  try {
    const opened = await openOrderClients(platform, Math.max(inFlight, lookingClients));
    clients = opened;
    const operate = async (client: number) => void (await opened.complete(client));
    const { saga, look: lookWarmUpMs } = context.warmUpMs;
    const orders = { server: platform, concurrency: inFlight, operate, warmUpMs: saga, label };
    const completion = await measure(context, orders);
    await opened.checkMoney();
    const look = (client: number) => opened.look(client);
    const looks = { server: platform, concurrency: lookingClients, operate: look, warmUpMs: lookWarmUpMs, label };
    return { completion, look: await measure({ ...context, measureMs: lookMs }, looks) };
  } finally {
    await clients?.close();
    await platform.stop();
  }
}
