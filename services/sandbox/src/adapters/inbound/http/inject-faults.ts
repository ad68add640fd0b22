import { type ApiEnv, dropConnection, problem } from '@checkout/http';
import { assertNever, type Clock, domainError } from '@checkout/kernel';
import type { MiddlewareHandler } from 'hono';
import type { FaultDice } from '../../../application/fault-dice.ts';
import type { FaultPanel } from '../../../application/fault-panel.ts';
import type { Provider } from '../../../domain/operation.ts';
import type { Silence } from './silence.ts';

export type InjectFaultsDeps = {
  readonly clock: Clock;
  readonly panel: Pick<FaultPanel, 'settings'>;
  readonly dice: FaultDice;
  readonly silence: Silence;
};

/** What may happen to any request to a provider before the provider looks at it. */
export function injectFaults(provider: Provider, deps: InjectFaultsDeps): MiddlewareHandler<ApiEnv> {
  const { clock, panel, dice, silence } = deps;
  return async (c, next) => {
    const { latencyMs } = panel.settings()[provider];
    if (latencyMs > 0) await clock.sleep(latencyMs, c.req.raw.signal);
    const fault = dice.requestFault(provider);
    switch (fault) {
      case 'down':
        return dropConnection(c);
      case 'rate-limited':
        return problem(c, domainError('rate-limited', 'too many requests'));
      case 'error':
        return problem(c, domainError('provider-failure', 'the provider failed'));
      case 'none':
        break;
      default:
        return assertNever(fault);
    }
    if (c.req.method === 'GET' && dice.queryHangs(provider)) {
      await silence.hold(c.req.raw.signal);
      return dropConnection(c);
    }
    return next();
  };
}
