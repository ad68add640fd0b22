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

/** Where a member's API and its operations answer, without a path. */
export type MemberUrls = { readonly api: string; readonly ops: string };

/** @param edge where orders are taken, when that is not the order service itself */
export function ownAddresses(urls: Readonly<Record<Member, MemberUrls>>, edge = urls.order.api): Addresses {
  const { sandbox, ...services } = urls;
  const apis = Object.values(services).map(({ api }) => api);
  const operations = Object.values(services).map(({ ops }) => ops);
  const all = [...operations, sandbox.ops];
  const parts: readonly (readonly [prefix: string, urls: readonly string[]])[] = [
    ['/v1/dead-letters', apis],
    ['/ops/log/verify', operations],
    ['/readyz', all],
  ];
  return {
    of(path) {
      const found = memberAt(path);
      if (found === undefined || found.member === 'order') return `${edge}${path}`;
      return `${urls[found.member].api}${found.path}`;
    },
    all,
    sharing: (path) => parts.find(([prefix]) => path.startsWith(prefix))?.[1] ?? [],
  };
}
