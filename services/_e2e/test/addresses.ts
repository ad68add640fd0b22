import { type Member, memberAt } from '@checkout/checker';

/** Where a platform answers: everything at one address, or each of its processes at one of its own. */
export type Addresses = {
  /** The whole address behind a path of the platform; the order service's for a path that all of them know. */
  readonly of: (path: string) => string;
  /** Of every process, without a path. */
  readonly all: readonly string[];
  /** Of the processes that answer a path together, each for its part; empty when it is one process's own. */
  readonly sharing: (path: string) => readonly string[];
};

export function oneAddress(url: string): Addresses {
  return { of: (path) => `${url}${path}`, all: [url], sharing: () => [] };
}

export function ownAddresses(urls: Readonly<Record<Member, string>>): Addresses {
  const { sandbox, ...services } = urls;
  const parts: readonly (readonly [prefix: string, urls: readonly string[]])[] = [
    ['/v1/dead-letters', Object.values(services)],
    ['/ops/log/verify', Object.values(services)],
    ['/readyz', [...Object.values(services), sandbox]],
  ];
  return {
    of(path) {
      const found = memberAt(path);
      return found === undefined ? `${urls.order}${path}` : `${urls[found.member]}${found.path}`;
    },
    all: Object.values(urls),
    sharing: (path) => parts.find(([prefix]) => path.startsWith(prefix))?.[1] ?? [],
  };
}
