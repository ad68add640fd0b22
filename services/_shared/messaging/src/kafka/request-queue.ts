import { createRequire } from 'node:module';

/** The part of kafkajs' request queue that is replaced, and what it needs. */
export type RequestQueue = {
  readonly pending: readonly unknown[];
  readonly inflight: ReadonlyMap<number, InFlight>;
  readonly throttledUntil: number;
  readonly enforceRequestTimeout: boolean;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  requestTimeoutIntervalId?: NodeJS.Timeout;
  isConnected(): boolean;
  destroy(): void;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
};
type InFlight = { readonly sentAt: number; readonly requestTimeout: number; timeoutRequest(): void };

const path = 'kafkajs/src/network/requestQueue';
const minWaitMs = 10;
/** How late the timeout of a request, which is seconds, may be noticed. */
const timeoutCheckMs = 1_000;

/**
 * Lets kafkajs 2.2.4 rest when nothing is to be done. It looks for requests that wait for a throttling broker every
 * millisecond, for ever, also when there are none (3 to 4 % of a core), and for timeouts ten times a second for each
 * connection (another 1 %).
 *
 * @throws Error when kafkajs is not built as it was: the pinned version was changed
 */
export function calmRequestQueue(load: (module: string) => unknown = createRequire(import.meta.url)): void {
  const { prototype } = load(path) as { readonly prototype?: Partial<RequestQueue> };
  for (const name of ['scheduleCheckPendingRequests', 'scheduleRequestTimeoutCheck'] as const) {
    if (typeof prototype?.[name] !== 'function') throw new Error(`${path} has no ${name}: kafkajs must be 2.2.4`);
  }
  Object.assign(prototype ?? {}, { scheduleCheckPendingRequests, scheduleRequestTimeoutCheck });
}

function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
  const waitMs = Math.max(minWaitMs, this.throttledUntil - Date.now());
  this.throttleCheckTimeoutId = setTimeout(() => {
    this.throttleCheckTimeoutId = null;
    this.checkPendingRequests();
  }, waitMs);
}

function scheduleRequestTimeoutCheck(this: RequestQueue): void {
  if (!this.enforceRequestTimeout) return;
  this.destroy();
  this.requestTimeoutIntervalId = setInterval(() => {
    for (const request of this.inflight.values()) {
      if (Date.now() - request.sentAt > request.requestTimeout) request.timeoutRequest();
    }
    if (!this.isConnected()) this.destroy();
  }, timeoutCheckMs);
}
