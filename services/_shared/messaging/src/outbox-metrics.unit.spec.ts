import { createVirtualClock } from '@checkout/kernel/testing';
import { createMetrics, renderMetrics } from '@checkout/runtime';
import { expect, it } from 'vitest';
import { observeOutbox } from './outbox-metrics.ts';

it('the lag is what waits in the partitions that are ours, and as old as the oldest of it', async () => {
  const clock = createVirtualClock();
  const metrics = createMetrics('order');
  const now = clock.now();
  const works = new Map([
    [0, { position: 7, waitingSince: undefined }],
    [1, { position: 4, waitingSince: now }],
    [3, { position: 0, waitingSince: now + 500 }],
  ]);
  observeOutbox(metrics, { clock, works, known: [7, 9, 100, 2] });
  await clock.advance(2_500);

  const { text } = await renderMetrics([metrics]);
  expect(text).toContain('outbox_lag_rows{service="order"} 7');
  expect(text).toContain('outbox_lag_seconds{service="order"} 2.5');
  expect(text).toContain('outbox_partitions{service="order"} 3');
});
