import type { Clock } from '@checkout/kernel';
import type { Metrics } from '@checkout/runtime';

export type OutboxProgress = {
  readonly clock: Pick<Clock, 'now'>;
  /** By partition, of those whose lease is ours. */
  readonly works: ReadonlyMap<number, { readonly position: number; readonly waitingSince: number | undefined }>;
  /** The last rows that this process knows of, by partition. */
  readonly known: readonly number[];
};

/** How far the broker is behind the log, read from memory at each scrape. Instances add up: a partition has one owner. */
export function observeOutbox(metrics: Metrics, { clock, works, known }: OutboxProgress): void {
  metrics.gauge({
    name: 'outbox_lag_rows',
    help: 'Rows of the log that the broker does not have yet, in the partitions that this process publishes.',
    read: () => sumOf(works, ([partition, { position }]) => Math.max(0, (known[partition] ?? 0) - position)),
  });
  metrics.gauge({
    name: 'outbox_lag_seconds',
    help: 'Age of the oldest row that waits for the broker, in the partitions that this process publishes.',
    read: () => {
      const ages = [...works.values()].map(({ waitingSince = clock.now() }) => clock.now() - waitingSince);
      return Math.max(0, ...ages) / 1_000;
    },
  });
  metrics.gauge({
    name: 'outbox_partitions',
    help: 'Partitions that this process publishes. All instances together have all of them.',
    read: () => works.size,
  });
}

function sumOf<Item>(items: Iterable<Item>, figureOf: (item: Item) => number): number {
  return [...items].reduce((sum, item) => sum + figureOf(item), 0);
}
