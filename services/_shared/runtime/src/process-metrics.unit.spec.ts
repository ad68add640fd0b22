import { expect, test } from 'vitest';
import { createMetrics, renderMetrics } from './metrics.ts';
import { observeProcess } from './process-metrics.ts';

test('a process shows its memory, its processor time and its delay at each scrape', async () => {
  const metrics = createMetrics('order');
  observeProcess(metrics);

  const { text } = await renderMetrics([metrics]);

  expect(text).toMatch(/^process_resident_memory_bytes\{service="order"\} \d{6,}$/m);
  expect(text).toMatch(/^process_cpu_seconds\{service="order"\} [\d.]+$/m);
  expect(text).toMatch(/^process_event_loop_delay_p99_seconds\{service="order"\} [\d.e-]+$/m);
});
