import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { ApiContext } from './api-app.ts';

/** Stands for a reset connection where there is no connection: an app that is called in memory rejects with it. */
export class ConnectionResetError extends Error {
  readonly code = 'ECONNRESET';

  constructor() {
    super('the connection was reset');
    this.name = 'ConnectionResetError';
  }
}

/**
 * Ends the request without an answer, as a crashed process or a cut cable would.
 *
 * @throws ConnectionResetError when the app is called in memory
 */
export function dropConnection(c: ApiContext): Response {
  // Hono leaves the bindings undefined in memory, whatever the type says.
  const env: ApiContext['env'] | undefined = c.env;
  if (env?.incoming === undefined) throw new ConnectionResetError();
  env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

/** Whether nobody will read the answer. The response that says so is one for all, so nothing may be added to it. */
export function isDropped(response: Response): boolean {
  return response === RESPONSE_ALREADY_SENT;
}
