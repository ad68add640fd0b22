import type { Clock } from '@checkout/kernel';
import type { Logger } from '@checkout/runtime';
import type { ServiceModule } from './service-module.ts';

/** Some figures cost a walk through an index: alarms on them wait for minutes anyway. */
const everyMs = 30_000;

/** Keeps up to date what services have to ask their databases for. A database that is away leaves the last figures. */
export function observeServices(
  services: readonly Pick<ServiceModule, 'name' | 'observe'>[],
  { clock, logger }: { readonly clock: Pick<Clock, 'sleep'>; readonly logger: Logger },
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const observeOne = async ({ name, observe }: Pick<ServiceModule, 'name' | 'observe'>) => {
    try {
      await observe?.();
    } catch (error) {
      logger.warn('metrics could not be brought up to date', { component: name, err: error });
    }
  };
  const run = async () => {
    while (!stopping.signal.aborted) {
      for (const service of services) await observeOne(service);
      await clock.sleep(everyMs, stopping.signal);
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
