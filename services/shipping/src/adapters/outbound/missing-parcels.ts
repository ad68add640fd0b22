import type { EventLog } from '@checkout/event-log';
import { traceIdOf } from '@checkout/kernel';
import type { Logger, Metrics } from '@checkout/runtime';
import { type Missing, missingStates } from '../../domain/shipment.ts';

/**
 * Tells people of a parcel that the carrier no longer has, once it is recorded, which is once until the carrier has it again:
 * nothing that we do brings such an order to its end.
 */
export function reportMissingParcels(deps: {
  readonly log: Pick<EventLog, 'onAppend'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}): void {
  const { log, logger, metrics } = deps;
  const missing = metrics.counter({
    name: 'parcels_missing_total',
    help: 'Dispatched parcels that the carrier has cancelled, has rejected or does not have.',
    labels: ['state'],
  });
  // A counter that appears with its first count has not increased, and nobody would be alerted.
  for (const state of missingStates) missing.add({ state }, 0);
  log.onAppend((rows) => {
    for (const { streamId: orderId, traceparent, data } of rows) {
      const state = (data as { readonly missing?: Missing | null }).missing;
      if (!state) continue;
      missing.add({ state });
      logger.warn('parcel missing: find out what became of it, then retry or resolve its saga', {
        orderId,
        traceId: traceIdOf(traceparent),
        state,
      });
    }
  });
}
