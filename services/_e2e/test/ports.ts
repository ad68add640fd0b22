import { once } from 'node:events';
import { createServer } from 'node:net';

export async function freePort(): Promise<number> {
  return portOf(0);
}

/** The first of so many neighbouring ports that are free. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    const rest = Array.from({ length: count - 1 }, (_, index) => portOf(first + index + 1));
    if ((await Promise.allSettled(rest)).every(({ status }) => status === 'fulfilled')) return first;
  }
}

/** Listens for a moment. @throws Error when the port is taken */
async function portOf(wanted: number): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
