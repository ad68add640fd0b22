import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

const loopback = '127.0.0.1';

/** A port that was free a moment ago. For programs that must know their own address before they listen. */
export function freePort(host = loopback): Promise<number> {
  return listenBriefly(0, host);
}

/** The first of so many neighbouring ports that were free a moment ago. */
export async function freePorts(count: number, host = loopback): Promise<number> {
  for (;;) {
    const first = await freePort(host);
    const others = Array.from({ length: count - 1 }, (_, index) => listenBriefly(first + 1 + index, host));
    if ((await Promise.allSettled(others)).every(({ status }) => status === 'fulfilled')) return first;
  }
}

/** @throws Error when the port is taken */
async function listenBriefly(wanted: number, host: string): Promise<number> {
  const server = createServer().listen(wanted, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
