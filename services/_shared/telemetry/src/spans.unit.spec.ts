import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, test } from 'vitest';
import { activeSpanIds, beginPart, beginSpan, type WorkSpan } from './spans.ts';
import { recordSpans, type SpanRecording } from './testing/index.ts';

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let recording: SpanRecording | undefined;
afterEach(async () => {
  await recording?.stop();
  recording = undefined;
});

const begun = (span: WorkSpan | undefined): WorkSpan => {
  if (span === undefined) throw new Error('nothing is recorded');
  return span;
};

describe('without telemetry', () => {
  test('no work is a span, and nobody describes it', () => {
    const describeWork = () => {
      throw new Error('nobody asked');
    };
    expect(beginSpan(describeWork)).toBeUndefined();
    expect(beginPart(describeWork)).toBeUndefined();
    expect(activeSpanIds()).toBeUndefined();
  });
});

describe('a span', () => {
  test('goes on in the trace that led to it', () => {
    recording = recordSpans();
    const span = begun(beginSpan(() => ({ name: 'handle', kind: 'consumer', service: 'order', parent })));
    span.end();

    expect(span.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(recording.spans()).toMatchObject([
      { name: 'handle', kind: 'consumer', service: 'order', parentId: 'b7ad6b7169203331' },
    ]);
  });

  test.each([undefined, 'no context'])('begins a trace when nothing led to it: %s', (nothing) => {
    recording = recordSpans();
    begun(beginSpan(() => ({ name: 'handle', kind: 'server', parent: nothing }))).end();

    expect(recording.spans()[0]).not.toHaveProperty('parentId');
  });

  test('is the parent of what its work begins, and says whose it is', async () => {
    recording = recordSpans();
    const outer = begun(beginSpan(() => ({ name: 'outer', kind: 'server', service: 'payment' })));
    await outer.run(async () => {
      await Promise.resolve();
      expect(outer.traceparent).toContain(activeSpanIds()?.spanId);
      begun(beginPart(() => ({ name: 'part', kind: 'internal' }))).end();
    });
    outer.end();

    const [part, whole] = recording.spans();
    expect(part).toMatchObject({ name: 'part', service: 'payment', parentId: whole?.spanId });
  });

  test('that failed shows it', () => {
    recording = recordSpans();
    const span = begun(beginSpan(() => ({ name: 'call', kind: 'client' })));
    span.fail('timeout');
    span.end();

    expect(recording.spans()).toMatchObject([{ isFailed: true }]);
  });

  test('that the sampler leaves out is none', () => {
    recording = recordSpans({ sampler: new AlwaysOffSampler() });
    expect(beginSpan(() => ({ name: 'handle', kind: 'server' }))).toBeUndefined();
  });

  test('is not recorded when the caller’s is not', () => {
    recording = recordSpans();
    const unsampled = parent.replace(/01$/, '00');
    expect(beginSpan(() => ({ name: 'handle', kind: 'server', parent: unsampled }))).toBeUndefined();
  });
});

test('a part of work that is not recorded is not recorded either', () => {
  recording = recordSpans();
  expect(beginPart(() => ({ name: 'part', kind: 'internal' }))).toBeUndefined();
});
