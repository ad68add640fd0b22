import type { BenchContext } from '../bench-context.ts';
import type { ServerProcess } from '../child/server-process.ts';
import type { OrderRequest } from '../load/order-requests.ts';
import { startRestate } from '../peers/restate.ts';
import { openOrderClients } from './complete-orders.ts';
import { startPlatformOnKafka } from './platform-on-kafka.ts';
import { startPlatformOnMysql } from './platform-on-mysql.ts';
import { type PlatformUnderTest, startPlatform } from './platform-under-test.ts';

/** Where the platform runs while it is measured, and what it is compared with; in the words of a report. */
export const places = {
  sqlite: 'one process on SQLite',
  mysql: 'one process on MySQL',
  kafka: 'a process for each service, MySQL and Kafka',
  restate: 'Restate',
} as const;
export type Place = keyof typeof places;
/** The others are compared with it. */
export const peer = 'restate' satisfies Place;

/** What carries orders to their end: this platform in one of its places, or another engine with the same saga. */
export type OrderSystem = Pick<ServerProcess, 'usage' | 'stop' | 'kill'> & {
  openClients(count: number, nextRequest: () => OrderRequest): Promise<OrderClients>;
  /** Starts again what was killed, on the same data. Resolves when it takes orders. */
  restart(): Promise<void>;
  /** Of the sandbox, without a slash at its end. */
  readonly providersUrl: string;
};

/** Clients of it, each of them with one request at a time. */
export type OrderClients = {
  /**
   * Places an order.
   * @returns whether it was taken; not when the system wants to be left alone for a moment
   * @throws BenchError for any other answer
   */
  place(client: number): Promise<boolean>;
  /**
   * Places an order and waits for its end.
   * @returns its id
   * @throws BenchError when it is not taken, or ends otherwise than it has to
   */
  complete(client: number): Promise<string>;
  /** Looks at an order that was completed here, over HTTP, where one can. @throws BenchError when it is not COMPLETED there */
  readonly look?: (client: number) => Promise<void>;
  /** @throws BenchError when the provider's books are not what the orders that ended here demand */
  checkMoney(): Promise<void>;
  close(): Promise<void>;
};

/** @param dataDir for `sqlite`: empty, or with logs that hold only orders at their end */
export async function startOrderSystem(context: BenchContext, place: Place, dataDir: string): Promise<OrderSystem> {
  if (place === peer) return startRestate(context);
  const platform = await startPlatformAt(context, place, dataDir);
  return { ...platform, openClients: (count, nextRequest) => openOrderClients(platform, count, nextRequest) };
}

function startPlatformAt(
  context: BenchContext,
  place: Exclude<Place, typeof peer>,
  dataDir: string,
): Promise<PlatformUnderTest> {
  switch (place) {
    case 'sqlite':
      return startPlatform(context, dataDir);
    case 'mysql':
      return startPlatformOnMysql(context);
    case 'kafka':
      return startPlatformOnKafka(context);
  }
}
