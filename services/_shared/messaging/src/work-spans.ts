import type { Cause, Loaded, UnitOutcome } from '@checkout/event-log';
import { beginSpan, type SpanDescription, type WorkSpan } from '@checkout/telemetry';

/** The spans of a batch's work: each from its decision until it is recorded. */
export type WorkSpans = {
  begin(describe: (() => WorkDescription) | undefined, cause: Cause, loaded: Loaded<unknown>): WorkSpan | undefined;
  /** Ends those that were neither recorded nor set aside: the batch comes again. */
  end(): void;
};

export type WorkDescription = Omit<SpanDescription, 'service' | 'parent' | 'isPart'>;

export function createWorkSpans(service: string): WorkSpans {
  const open = new Set<WorkSpan>();
  let isOver = false;
  return {
    begin(describe, cause, { origin }) {
      // Other orders of a batch that failed may still be at it, and nobody would end their spans.
      if (describe === undefined || isOver) return undefined;
      const parent = cause.traceparent ?? origin?.traceparent;
      const begun = beginSpan(() => ({ ...describe(), service, parent }));
      if (begun === undefined) return undefined;
      const span: WorkSpan = {
        ...begun,
        end() {
          if (open.delete(span)) begun.end();
        },
      };
      open.add(span);
      return span;
    },
    end() {
      isOver = true;
      for (const span of open) {
        span.fail('not recorded');
        span.end();
      }
    },
  };
}

/** What is recorded because of work that is traced goes on from its span. */
export function causeWithin(span: WorkSpan | undefined, cause: Cause, { origin }: Loaded<unknown>): Cause {
  if (span === undefined) return cause;
  return { ...cause, correlationId: cause.correlationId ?? origin?.correlationId, traceparent: span.traceparent };
}

export function endRecorded(span: WorkSpan | undefined, outcome: UnitOutcome | undefined): void {
  if (span === undefined) return;
  span.set({ 'checkout.unit': outcome?.kind ?? 'none' });
  span.end();
}
