import { createMetrics, renderMetrics } from '@checkout/runtime';
import { expect, test } from 'vitest';
import { observeSagas } from './saga-metrics.ts';

test('sagas are counted by state, and a state without any is 0', async () => {
  const metrics = createMetrics('orchestrator');
  const countReadModel = () =>
    Promise.resolve(
      new Map([
        ['RUNNING', 2],
        ['COMPLETED', 40],
      ]),
    );
  await observeSagas({ countReadModel }, metrics)();

  const { text } = await renderMetrics([metrics]);
  expect(text).toContain('sagas{state="RUNNING",service="orchestrator"} 2');
  expect(text).toContain('sagas{state="COMPLETED",service="orchestrator"} 40');
  expect(text).toContain('sagas{state="NEEDS_OPERATOR",service="orchestrator"} 0');
});
