import type { Violation } from '@checkout/checker';
import { causeOfMessage, type ServiceName, services } from '@checkout/contracts';
import type { LogRow, LogStorage } from '@checkout/event-log';
import type { CauseId } from '@checkout/kernel';
import { messagesOfRow } from '@checkout/messaging';
import type { World } from './world.ts';

/** Where a message stands among those that its producer sent. */
type Sent = { readonly by: ServiceName; readonly type: string; readonly place: number };

const maxRows = 100_000;

/**
 * What one service sent another about an order is recorded there in the order in which it was sent, whatever was parked, came
 * twice or was read from its beginning again.
 */
export async function handledOutOfOrder(databases: World['databases']): Promise<readonly Violation[]> {
  const logs = await Promise.all(
    services.map(async (service) => {
      const { storage } = databases[service];
      return { service, identity: storage.identity, rows: await rowsOf(storage) };
    }),
  );
  const sent = new Map<CauseId, Sent>();
  for (const { service, identity, rows } of logs) {
    for (const [place, { id, type }] of rows.flatMap((row) => messagesOfRow(identity, row)).entries()) {
      sent.set(causeOfMessage(id), { by: service, type, place });
    }
  }
  return logs.flatMap(({ service, rows }) => {
    const last = new Map<string, Sent>();
    return rows.flatMap(({ streamId, causeId }) => {
      const message = sent.get(causeId);
      if (message === undefined) return [];
      const from = `${message.by} ${streamId}`;
      const before = last.get(from);
      last.set(from, message);
      if (before === undefined || before.place <= message.place) return [];
      const detail = `${service} recorded ${before.type} of ${message.by} before ${message.type}, which was sent first`;
      return [{ invariant: 'I5', code: 'handled-out-of-order', orderId: streamId, detail } as const];
    });
  });
}

/** Partition by partition: the rows of an order are all in one, first to last. */
async function rowsOf(storage: LogStorage): Promise<readonly LogRow[]> {
  const partitions = Array.from({ length: storage.identity.partitions }, (_, partition) => partition);
  const rows = await Promise.all(partitions.map((partition) => storage.readPartition(partition, 1, maxRows)));
  return rows.flat();
}
