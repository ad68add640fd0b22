import type { Clock } from '@checkout/kernel';
import { CircuitState, ConstantBackoff, CountBreaker, circuitBreaker, handleWhenResult } from 'cockatiel';

export type BreakerOptions = {
  readonly clock: Clock;
  /** How long the breaker stays open before one call may probe, in milliseconds. */
  readonly openMs: number;
  /** The window: this many last calls are looked at. */
  readonly windowCalls: number;
  /** Calls that must have been seen before the breaker may open. */
  readonly minCalls: number;
  /** Opens when more than this share of the window failed, between 0 and 1. */
  readonly failureShare: number;
  readonly onChange: (state: 'open' | 'closed') => void;
};

export type Breaker<Result> = {
  /** Runs `work`, or gives `undefined` at once while the breaker is open or its one probe is under way. */
  run(work: () => Promise<Result>): Promise<Result | undefined>;
  isOpen(): boolean;
};

/**
 * A circuit breaker over the last calls and not over time, so that it also opens for a dependency that is called twice a
 * second. Once open, it lets a single probe through every `openMs`; a probe that succeeds closes it.
 */
export function createBreaker<Result>(
  isFailure: (result: Result) => boolean,
  options: BreakerOptions,
): Breaker<Result> {
  const { clock, openMs, windowCalls, minCalls, failureShare, onChange } = options;
  let openedAtMs = 0;
  const policy = circuitBreaker(
    handleWhenResult((result) => isFailure(result as Result)),
    {
      breaker: new CountBreaker({ threshold: failureShare, size: windowCalls, minimumNumberOfCalls: minCalls }),
      // Cockatiel measures this wait with Date, which jumps. An endless past leaves the wait to the Clock below.
      halfOpenAfter: new ConstantBackoff(Number.NEGATIVE_INFINITY),
    },
  );
  policy.onBreak(() => {
    openedAtMs = clock.monotonic();
    onChange('open');
  });
  policy.onReset(() => onChange('closed'));

  const isWaiting = () =>
    policy.state === CircuitState.HalfOpen ||
    (policy.state === CircuitState.Open && clock.monotonic() - openedAtMs < openMs);

  return {
    run: async (work) => (isWaiting() ? undefined : policy.execute(work)),
    isOpen: () => policy.state !== CircuitState.Closed,
  };
}
