import { z } from 'zod';
import { BenchError } from '../bench-context.ts';
import { openConnection } from '../load/connection.ts';
import { createOrderRequests, ordersPath } from '../load/order-requests.ts';
import { checkBooks } from './books.ts';
import { followOrderEndings } from './order-endings.ts';
import type { PlatformUnderTest } from './platform-under-test.ts';

/** Clients of a platform; each places an order and waits until it is completed. */
export type OrderClients = {
  /**
   * Places an order and waits for its end.
   * @returns its id
   * @throws BenchError when it is not accepted, or ends otherwise than COMPLETED
   */
  complete(client: number): Promise<string>;
  /** Looks at an order that was completed here, over HTTP. @throws BenchError when it is not COMPLETED there */
  look(client: number): Promise<void>;
  /** @throws BenchError when the provider's books are not what the completed orders demand */
  checkMoney(): Promise<void>;
  close(): Promise<void>;
};

const AcceptedSchema = z.object({ id: z.string() });
const OrderSchema = z.object({ status: z.string() });
/** Completed orders that are looked at in turn. */
const maxRemembered = 10_000;

export async function openOrderClients(platform: PlatformUnderTest, clients: number): Promise<OrderClients> {
  const endings = await followOrderEndings(platform.orderFile);
  const connections = Array.from({ length: clients }, () => openConnection(platform.url));
  const nextRequest = createOrderRequests();
  const booksBefore = await platform.readBooks();
  const remembered: string[] = [];
  let completed = 0;
  let looked = 0;
  const connectionOf = (client: number) => connections[client] as (typeof connections)[number];

  return {
    async complete(client) {
      const { key, body } = nextRequest();
      const answer = await connectionOf(client).post(ordersPath, key, body);
      if (answer.status !== 201) throw new BenchError(`an order was answered with ${answer.status}: ${answer.body}`);
      const { id } = AcceptedSchema.parse(JSON.parse(answer.body));
      const ended = await endings.untilEnded(id);
      if (ended !== 'OrderCompleted') throw new BenchError(`order ${id} ended with ${ended}`);
      remembered[completed % maxRemembered] = id;
      completed += 1;
      return id;
    },
    async look(client) {
      const id = remembered[looked % remembered.length];
      looked += 1;
      const { status, body } = await connectionOf(client).get(`${ordersPath}/${id}`);
      if (status === 200 && OrderSchema.parse(JSON.parse(body)).status === 'COMPLETED') return;
      throw new BenchError(`order ${id} is completed, and a look at it was answered with ${status}: ${body}`);
    },
    async checkMoney() {
      checkBooks(booksBefore, await platform.readBooks(), completed);
    },
    async close() {
      await Promise.all(connections.map((connection) => connection.close()));
      await endings.stop();
    },
  };
}
