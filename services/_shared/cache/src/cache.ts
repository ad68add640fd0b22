/** A value and the version of what it was made from; a newer version supersedes an older one. */
export type Versioned<Value> = { readonly version: number; readonly value: Value };

/**
 * Keeps copies of what can be read elsewhere, to save the reading. Any entry may be gone at any time, and another process
 * may know a newer one: nothing is ever decided on what a cache says, only shown. A rejection means that the cache itself
 * failed; callers go on without it.
 */
export type Cache<Value> = {
  /** `undefined` when there is no entry, or it has expired. */
  get(key: string): Promise<Versioned<Value> | undefined>;
  /**
   * Keeps the entry for `ttlMs` milliseconds. An entry that is already there with a newer version stays, so that a slow
   * reader never puts back an old state; the same version only renews the time.
   */
  set(key: string, entry: Versioned<Value>, ttlMs: number): Promise<void>;
  /** Forgets the entry, whatever its version. */
  delete(key: string): Promise<void>;
};
