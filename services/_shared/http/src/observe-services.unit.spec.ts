import { createVirtualClock } from '@checkout/kernel/testing';
import { createRecordingLogger } from '@checkout/runtime/testing';
import { expect, test } from 'vitest';
import { observeServices } from './observe-services.ts';

test('services are asked at once and every thirty seconds; one that fails keeps none of the others from it', async () => {
  const clock = createVirtualClock();
  const logger = createRecordingLogger();
  let asked = 0;
  const services = [
    { name: 'order', observe: () => Promise.reject(new Error('the log is away')) },
    { name: 'sandbox' },
    {
      name: 'payment',
      async observe() {
        asked += 1;
      },
    },
  ];
  const observation = observeServices(services, { clock, logger });
  await clock.settle();
  expect(asked).toBe(1);
  await clock.advance(60_000);
  expect(asked).toBe(3);

  await observation.stop();
  await clock.advance(60_000);
  expect(asked).toBe(3);
  expect(logger.lines[0]).toMatchObject({ level: 'warn', fields: { component: 'order' } });
});
