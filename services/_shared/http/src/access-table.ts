import { matchedRoutes } from 'hono/route';
import type { ApiApp, ApiContext } from './api-app.ts';
import { accessKey } from './define-route.ts';
import type { Access } from './scopes.ts';

/** Who may use the route that a request goes to; `undefined` for one that goes nowhere. */
export type AccessOf = (c: ApiContext) => Access | undefined;

/** What routes say about who may use them, `defineRoute`'s and plain ones. */
export type AccessTable = {
  readonly of: AccessOf;
  /** For paths that are routed without `defineRoute`, whatever the method. */
  readonly declare: (plain: Readonly<Record<string, Access>>) => void;
  /**
   * Reads what the app has come to.
   *
   * @throws Error when a route does not say who may use it
   */
  readonly close: () => void;
};

/**
 * Asks the router where a request goes, and not the path: so there is no way to write a path that one of them reads
 * differently from the other.
 */
export function createAccessTable(app: ApiApp): AccessTable {
  const table = new Map<string, Access>();
  const plainPaths = new Map<string, Access>();
  return {
    of(c) {
      const route = matchedRoutes(c).find(({ method }) => method !== 'ALL');
      return route && table.get(`${route.method} ${route.path}`);
    },
    declare(plain) {
      for (const [path, access] of Object.entries(plain)) plainPaths.set(path, access);
    },
    close() {
      for (const definition of app.openAPIRegistry.definitions) {
        if (definition.type !== 'route') continue;
        const { method, path, [accessKey]: access } = definition.route as typeof definition.route & Declared;
        if (access !== undefined) table.set(`${method.toUpperCase()} ${routed(path)}`, access);
      }
      for (const { method, path } of app.routes.filter((route) => route.method !== 'ALL')) {
        const name = `${method} ${path}`;
        const access = table.get(name) ?? plainPaths.get(path);
        if (access === undefined) throw new Error(`${name} does not say who may use it`);
        table.set(name, access);
      }
    },
  };
}

type Declared = { readonly [accessKey]?: Access };

/** `/v1/orders/{id}` as the router has it. */
function routed(path: string): string {
  return path.replaceAll(/\/{(.+?)}/g, '/:$1');
}
