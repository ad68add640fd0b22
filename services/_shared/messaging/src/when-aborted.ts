/** Resolves once `signal` is aborted. Listens no longer than until `over`, so that a signal which lives long keeps nothing. */
export function whenAborted(signal: AbortSignal, over: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true, signal: over });
  });
}
