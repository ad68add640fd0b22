import { takenPorts } from '@checkout/runtime';
import { processNames } from './plan.ts';
import type { Servers } from './settings.ts';

/** @throws Error with one line that says what to do, when one of the ports of the processes cannot be listened on */
export async function requirePorts({ host, port: first }: Pick<Servers, 'host' | 'port'>): Promise<void> {
  const count = processNames.length;
  const last = first + count - 1;
  const taken = await takenPorts(first, count, host).catch((error: Error) => {
    throw new Error(`cannot listen on ${host}, ports ${first} to ${last} (${error.message}): set HOST or PORT`, {
      cause: error,
    });
  });
  if (taken.length === 0) return;
  const says = `${taken.join(', ')} of the ports ${first} to ${last} on ${host} ${taken.length === 1 ? 'is' : 'are'} taken`;
  throw new Error(`${says}: set PORT to the first of ${count} free ones, or stop who listens there`);
}
