import type { EventLog } from '@checkout/event-log';
import type { OrderId } from '@checkout/kernel';
import type { SagaState } from '../domain/saga-state.ts';
import { type SagaView, viewSaga } from './saga-view.ts';

export type SagaReads = {
  saga(orderId: OrderId): Promise<SagaView | undefined>;
  /** The newest first. */
  sagas(filter: {
    readonly state?: SagaState | undefined;
    readonly beforeId?: OrderId | undefined;
    readonly limit: number;
  }): Promise<readonly SagaView[]>;
};

export function createSagaReads({ log }: { readonly log: EventLog }): SagaReads {
  return {
    async saga(orderId) {
      const [row, rows] = await Promise.all([log.readModel(orderId), log.readStream(orderId)]);
      return viewSaga(orderId, rows, row?.timer?.dueAt ?? null);
    },
    async sagas({ state, beforeId, limit }) {
      const found = await log.listReadModel({
        ...(state !== undefined && { equals: { state } }),
        ...(beforeId !== undefined && { beforeId }),
        limit,
      });
      const rows = await log.readStreams(found.map((row) => row.streamId));
      return found.flatMap(
        (row) => viewSaga(row.streamId, rows.get(row.streamId) ?? [], row.timer?.dueAt ?? null) ?? [],
      );
    },
  };
}
