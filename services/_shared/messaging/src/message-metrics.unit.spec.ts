import { anOrder } from '@checkout/event-log/testing';
import { renderMetrics } from '@checkout/runtime';
import { expect, it } from 'vitest';
import { observeDeadLetters } from './dead-letter-metrics.ts';
import { createConsumerDriver } from './testing/consumer.driver.ts';

it('messages are counted and timed by group and type, and dead letters by state', async () => {
  const { capture, deliver, on, metrics, log } = createConsumerDriver();
  const poison = capture(anOrder(0, 2), 1);
  on(poison, () => {
    throw new Error('no');
  });
  await deliver(capture(anOrder(), 1), poison);
  await deliver(capture(anOrder(0, 2), 2));
  await observeDeadLetters(log(), metrics)();

  const { text } = await renderMetrics([metrics]);
  const labels = 'group="payment",type="CapturePayment"';
  expect(text).toContain(`messages_handled_total{${labels},outcome="done",service="payment"} 3`);
  expect(text).toContain(`message_seconds_count{${labels},service="payment"} 3`);
  expect(text).toContain('dead_letters_waiting{state="parked",service="payment"} 1');
  expect(text).toContain('dead_letters_waiting{state="held",service="payment"} 1');
  expect(text).toContain('dead_letters_waiting{state="redriving",service="payment"} 0');
});

it('messages of a batch that failed are counted as that', async () => {
  const { capture, deliver, metrics, setLogAway, clock } = createConsumerDriver();
  setLogAway(true);
  const refused = expect(deliver(capture(anOrder(), 1))).rejects.toThrow('unavailable');
  await clock.advance(10_000);
  await refused;

  expect((await renderMetrics([metrics])).text).toMatch(/messages_handled_total\{.*outcome="failed".*\} 1/);
});
