import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

const loopback = '127.0.0.1';

/** A port that was free a moment ago. For programs that must know their own address before they listen. */
export function freePort(host = loopback): Promise<number> {
  return listenBriefly(0, host);
}

/** Below the ports that systems hand out for outgoing connections: nobody gets one of these by chance meanwhile. */
const quietPorts = { from: 20_000, to: 32_000 } as const;

/** The first of so many neighbouring ports that were free a moment ago. */
export async function freePorts(count: number, host = loopback): Promise<number> {
  for (;;) {
    const first = randomInt(quietPorts.from, quietPorts.to - count);
    const all = Array.from({ length: count }, (_, index) => listenBriefly(first + index, host));
    if ((await Promise.allSettled(all)).every(({ status }) => status === 'fulfilled')) return first;
  }
}

/**
 * Those of so many neighbouring ports that somebody listens on.
 *
 * @throws Error when they cannot be listened on for another reason: no address of this machine, no right
 */
export async function takenPorts(first: number, count: number, host = loopback): Promise<readonly number[]> {
  const isTaken = async (port: number) => {
    try {
      await listenBriefly(port, host);
      return false;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      return true;
    }
  };
  const ports = Array.from({ length: count }, (_, index) => first + index);
  const answers = await Promise.all(ports.map(isTaken));
  return ports.filter((_, index) => answers[index]);
}

/**
 * Listens and stops again.
 *
 * @param wanted 0 for any that is free
 * @returns the port
 * @throws Error with the system's `code` when nobody may listen there: EADDRINUSE when the port is taken
 */
export async function listenBriefly(wanted: number, host: string): Promise<number> {
  const server = createServer().listen(wanted, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
