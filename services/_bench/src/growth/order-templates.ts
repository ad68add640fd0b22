import { type ServiceName, services } from '@checkout/contracts';
import type { NewEvent, ReadModel } from '@checkout/event-log';
import type { OrderId } from '@checkout/kernel';
import { BenchError } from '../bench-context.ts';
import type { ServiceLogs } from './service-logs.ts';

/** What one service recorded of an order. */
export type RecordedStream = { readonly events: readonly NewEvent[]; readonly readModel: ReadModel };

/** What all services recorded of an order that the platform completed, as texts from which other orders can be made. */
export type OrderTemplate = {
  readonly rows: number;
  /** The same with another order's id in all places, for each service. */
  streamOf(service: ServiceName, orderId: OrderId): RecordedStream;
};

/** @throws BenchError when a service knows nothing of the order */
export async function readTemplate(logs: ServiceLogs, templateId: OrderId): Promise<OrderTemplate> {
  const texts = new Map<ServiceName, string>();
  let rows = 0;
  for (const service of services) {
    const recorded = await logs[service].readStream(templateId);
    const row = await logs[service].readModel(templateId);
    if (row === undefined) throw new BenchError(`${service} knows nothing of order ${templateId}`);
    const events = recorded.map(({ type, data, emits, timer }): NewEvent => ({
      type,
      data,
      emits,
      ...(timer === undefined ? {} : { timer }),
    }));
    const stream: RecordedStream = { events, readModel: { view: row.view, columns: row.columns } };
    texts.set(service, JSON.stringify(stream));
    rows += events.length;
  }
  return {
    rows,
    streamOf: (service, orderId) =>
      JSON.parse((texts.get(service) ?? '').replaceAll(templateId, orderId)) as RecordedStream,
  };
}
