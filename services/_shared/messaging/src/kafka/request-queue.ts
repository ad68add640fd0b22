import { createRequire } from 'node:module';

/** The part of kafkajs' request queue that is replaced. */
export type RequestQueue = {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
};

const path = 'kafkajs/src/network/requestQueue';
const minWaitMs = 10;

/**
 * kafkajs 2.2.4 looks for requests that wait for a throttling broker every millisecond, for ever, also when there are none
 * (3 to 4 % of a core when idle). Afterwards it looks while some wait, and when the throttling ends.
 *
 * @throws Error when kafkajs is not built as it was: the pinned version was changed
 */
export function calmRequestQueue(load: (module: string) => unknown = createRequire(import.meta.url)): void {
  const loaded = load(path) as { readonly prototype?: Partial<RequestQueue> };
  if (typeof loaded.prototype?.scheduleCheckPendingRequests !== 'function') {
    throw new Error(`${path} has no scheduleCheckPendingRequests: kafkajs must be 2.2.4`);
  }
  loaded.prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests(this: RequestQueue) {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      Math.max(minWaitMs, this.throttledUntil - Date.now()),
    );
  };
}
