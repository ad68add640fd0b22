/** A part of a budget, which its holder makes smaller as it needs less of it. */
export type Share = {
  /** Gives back all of it but `count`, which is at most what is left of it. */
  keep(count: number): void;
};

/** Bounds how much of something is held at the same time. Whoever has waited longest is served first. */
export type Budget = {
  /** Waits until so much of it is free. @param count at most all of it */
  take(count: number): Promise<Share>;
};

export function createBudget(total: number): Budget {
  let free = total;
  const waiting: { readonly count: number; readonly goOn: () => void }[] = [];
  const serve = () => {
    for (let next = waiting[0]; next !== undefined && next.count <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.count;
      next.goOn();
    }
  };
  return {
    async take(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ count, goOn: resolve });
      serve();
      await promise;
      let held = count;
      return {
        keep(left) {
          free += held - left;
          held = left;
          serve();
        },
      };
    },
  };
}
