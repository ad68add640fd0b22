import type { RawMessage } from '@checkout/contracts';
import { anOrder } from '@checkout/event-log/testing';
import { createVirtualClock } from '@checkout/kernel/testing';
import { recordSpans, type SpanRecording } from '@checkout/telemetry/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tracePublisher } from './message-spans.ts';
import { createConsumerDriver } from './testing/consumer.driver.ts';
import { tallied } from './testing/tally.fixture.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
const unsampled = `00-${traceId}-b7ad6b7169203331-00`;

let recording: SpanRecording;
beforeEach(() => {
  recording = recordSpans();
});
afterEach(() => recording.stop());

describe('a handled message', () => {
  it('is a span of its message’s trace, and what it records goes on from that', async () => {
    const { capture, deliver, rowsOf } = createConsumerDriver();
    await deliver({ ...capture(anOrder(), 1), traceparent });

    const [span] = recording.spans();
    expect(span).toMatchObject({
      name: 'process CapturePayment',
      kind: 'consumer',
      service: 'payment',
      traceId,
      parentId: 'b7ad6b7169203331',
      attributes: { 'messaging.consumer.group.name': 'payment', 'checkout.unit': 'appended' },
    });
    expect(await rowsOf(anOrder())).toMatchObject([{ traceparent: `00-${traceId}-${span?.spanId}-01` }]);
  });

  it('leaves the trace context as it is when the trace is not recorded', async () => {
    const { capture, deliver, rowsOf } = createConsumerDriver();
    await deliver({ ...capture(anOrder(), 1), traceparent: unsampled });

    expect(recording.spans()).toEqual([]);
    expect(await rowsOf(anOrder())).toMatchObject([{ traceparent: unsampled }]);
  });

  it('that comes again is no second span', async () => {
    const { capture, deliver } = createConsumerDriver();
    const message = { ...capture(anOrder(), 1), traceparent };
    await deliver(message);
    await deliver(message);

    expect(recording.spans()).toHaveLength(1);
  });

  it('is a span for each decision when its stream moves on meanwhile', async () => {
    const { capture, deliver, moveOn, on } = createConsumerDriver();
    const message = { ...capture(anOrder(), 1), traceparent };
    let disturbances = 1;
    on(message, async () => {
      disturbances -= 1;
      if (disturbances >= 0) await moveOn(anOrder());
      return { events: [tallied('1')] };
    });
    await deliver(message);

    const handled = recording.spans().filter(({ kind }) => kind === 'consumer');
    expect(handled.map(({ attributes }) => attributes['checkout.unit'])).toEqual(['conflict', 'appended']);
  });

  it('that is parked has failed, and says nothing of what it held', async () => {
    const { capture, deliver, on } = createConsumerDriver();
    const message = { ...capture(anOrder(), 1), traceparent };
    on(message, () => {
      throw new TypeError('a name and an address');
    });
    await deliver(message);

    expect(recording.spans()).toMatchObject([{ isFailed: true }]);
    expect(JSON.stringify(recording.spans())).not.toContain('address');
  });
});

describe('a published message', () => {
  const message = { ...createConsumerDriver().capture(anOrder(), 1), traceparent } satisfies RawMessage;
  const setup = (publish: () => Promise<void>) => {
    const sent: RawMessage[] = [];
    const publisher = tracePublisher(
      {
        publish(_partition, messages) {
          sent.push(...messages);
          return publish();
        },
      },
      { service: 'order', clock: createVirtualClock() },
    );
    return { sent, publish: (...messages: RawMessage[]) => publisher.publish(0, messages) };
  };

  it('is a span until the broker has it, and carries that', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { sent, publish } = setup(() => promise);
    const published = publish(message);
    expect(recording.spans()).toEqual([]);
    resolve();
    await published;

    const [span] = recording.spans();
    expect(span).toMatchObject({ name: 'send CapturePayment', kind: 'producer', traceId, isFailed: false });
    expect(span?.parentId).toBe('b7ad6b7169203331');
    expect(sent).toEqual([{ ...message, traceparent: `00-${traceId}-${span?.spanId}-01` }]);
  });

  it('that the broker did not acknowledge has failed, and the relay hears of it', async () => {
    const { publish } = setup(() => Promise.reject(new Error('the broker is away')));
    await expect(publish(message)).rejects.toThrow('the broker is away');

    expect(recording.spans()).toMatchObject([{ isFailed: true }]);
  });

  it('is sent as it is when its trace is not recorded', async () => {
    const { sent, publish } = setup(() => Promise.resolve());
    await publish({ ...message, traceparent: unsampled });

    expect(sent).toEqual([{ ...message, traceparent: unsampled }]);
  });
});
