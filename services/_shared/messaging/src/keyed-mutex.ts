/** Runs tasks of one key one after the other, in the order of their calls; tasks of different keys run together. */
export type KeyedMutex<Key> = { run<Value>(key: Key, task: () => Promise<Value>): Promise<Value> };

export function createKeyedMutex<Key>(): KeyedMutex<Key> {
  const tails = new Map<Key, Promise<unknown>>();
  return {
    run(key, task) {
      const before = tails.get(key) ?? Promise.resolve();
      const result = before.then(task, task);
      const tail = result
        .catch(() => {})
        .then(() => {
          if (tails.get(key) === tail) tails.delete(key);
        });
      tails.set(key, tail);
      return result;
    },
  };
}
