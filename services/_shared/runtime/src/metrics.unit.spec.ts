import { expect, test } from 'vitest';
import { createMetrics, renderMetrics } from './metrics.ts';

test('samples carry the service, and services that use one name are told apart', async () => {
  const services = ['order', 'payment'].map(createMetrics);
  for (const metrics of services)
    metrics.counter({ name: 'x_total', help: 'X.', labels: ['kind'] }).add({ kind: 'a' }, 2);

  const { contentType, text } = await renderMetrics(services);

  expect(contentType).toContain('text/plain');
  expect(text).toContain('x_total{kind="a",service="order"} 2\nx_total{kind="a",service="payment"} 2');
});

test('a name that is asked for again is the same instrument', async () => {
  const metrics = createMetrics('order');
  metrics.counter({ name: 'x_total', help: 'X.' }).add();
  metrics.counter({ name: 'x_total', help: 'X.' }).add();

  expect((await renderMetrics([metrics])).text).toContain('x_total{service="order"} 2');
});

test('a gauge with a reader is read at each scrape', async () => {
  let depth = 1;
  const metrics = createMetrics('order');
  metrics.gauge({ name: 'queue_depth', help: 'Depth.', read: () => depth });
  depth = 7;

  expect((await renderMetrics([metrics])).text).toContain('queue_depth{service="order"} 7');
});

test('a histogram counts into its buckets', async () => {
  const metrics = createMetrics('order');
  metrics.histogram({ name: 'x_seconds', help: 'X.', buckets: [1, 2] }).observe(1.5);

  const { text } = await renderMetrics([metrics]);

  expect(text).toContain('x_seconds_bucket{le="1",service="order"} 0');
  expect(text).toContain('x_seconds_bucket{le="2",service="order"} 1');
});
