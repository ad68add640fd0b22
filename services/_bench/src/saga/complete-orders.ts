import { z } from 'zod';
import { BenchError } from '../bench-context.ts';
import { openConnection } from '../load/connection.ts';
import { type OrderRequest, ordersPath } from '../load/order-requests.ts';
import { checkBooks, readBooks } from './books.ts';
import { followOrderEndings } from './order-endings.ts';
import type { OrderClients } from './order-system.ts';
import type { PlatformUnderTest } from './platform-under-test.ts';

const AcceptedSchema = z.object({ id: z.string() });
const OrderSchema = z.object({ status: z.string() });
/** Completed orders that are looked at in turn. */
const maxRemembered = 10_000;
const overloaded = 503;

export async function openOrderClients(
  platform: PlatformUnderTest,
  clients: number,
  nextRequest: () => OrderRequest,
): Promise<OrderClients> {
  const endings = await followOrderEndings(await platform.openOrderLog());
  const connections = Array.from({ length: clients }, () => openConnection(platform.url));
  const booksBefore = await readBooks(platform.providersUrl);
  const remembered: string[] = [];
  let completed = 0;
  let looked = 0;
  const connectionOf = (client: number) => connections[client] as (typeof connections)[number];
  const post = async (client: number, { key, body }: OrderRequest) => {
    const answer = await connectionOf(client).post(ordersPath, key, body);
    if (answer.status === 201 || answer.status === overloaded) return answer;
    throw new BenchError(`an order was answered with ${answer.status}: ${answer.body}`);
  };

  return {
    place: async (client) => (await post(client, nextRequest())).status === 201,
    async complete(client) {
      const request = nextRequest();
      const { status, body } = await post(client, request);
      if (status !== 201) throw new BenchError(`an order was answered with ${status}: ${body}`);
      const { id } = AcceptedSchema.parse(JSON.parse(body));
      const ended = await endings.untilEnded(id);
      if (ended !== (request.isRefused ? 'OrderFailed' : 'OrderCompleted')) {
        throw new BenchError(`order ${id} ended with ${ended}`);
      }
      if (request.isRefused) return id;
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
    checkMoney: async () => checkBooks(booksBefore, await readBooks(platform.providersUrl), completed),
    async close() {
      await Promise.all(connections.map((connection) => connection.close()));
      await endings.stop();
    },
  };
}
