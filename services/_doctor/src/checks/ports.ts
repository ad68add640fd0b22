import { listenBriefly, localUrl } from '@checkout/runtime';
import { type Check, faulty, type Finding, ok } from '../finding.ts';

/** Whether a program may listen there; `ours` when a platform already does. */
export type PortState = 'free' | 'ours' | 'taken' | 'forbidden' | 'no address';

/**
 * @param port that `npm start` listens on, and the first service of `npm run services`
 * @param count of ports that `npm run services` needs, neighbours of the first
 */
export function portsCheck(host: string, port: number, count: number): Check {
  return {
    about: 'ports',
    async run(signal) {
      const ports = Array.from({ length: count }, (_, index) => port + index);
      const states = await Promise.all(ports.map((each) => lookAt(host, each, signal)));
      return judgePorts(host, new Map(ports.map((each, index) => [each, states[index] ?? 'free'])));
    },
  };
}

/** `npm start` needs the first; without the others only `npm run services` does not start. */
export function judgePorts(host: string, states: ReadonlyMap<number, PortState>): readonly Finding[] {
  const [first = 0] = states.keys();
  const last = first + states.size - 1;
  const inState = (wanted: PortState) => [...states].filter(([, state]) => state === wanted).map(([port]) => port);
  if (inState('no address').length > 0) {
    const mend = 'set HOST to an address of this machine: 127.0.0.1';
    return [faulty('ports', 'broken', `${host} is no address of this machine`, mend)];
  }
  if (inState('forbidden').length > 0) {
    const says = `${inState('forbidden').join(', ')} may not be used by this user`;
    return [faulty('ports', 'broken', says, 'set PORT to one above 1023')];
  }
  const [taken, ours] = [inState('taken'), inState('ours')];
  return [
    ...(taken.length === 0 ? [] : [judgeTaken(host, first, taken)]),
    ...(ours.length === 0
      ? []
      : [
          faulty(
            'ports',
            'note',
            `a platform answers at ${host}:${ours.join(', ')}`,
            'stop it before you start another',
          ),
        ]),
    ...(taken.length + ours.length === 0
      ? [ok('ports', `${first} is free for npm start, and ${first} to ${last} for npm run services`)]
      : []),
  ];
}

function judgeTaken(host: string, first: number, taken: readonly number[]): Finding {
  const says = `another program listens at ${host}:${taken.join(', ')}`;
  return taken.includes(first)
    ? faulty('ports', 'broken', says, `PORT=${first + 1_000} npm start, or stop that program`)
    : faulty('ports', 'warning', `${says}: npm run services will not start`, `PORT=${first + 1_000} npm run services`);
}

async function lookAt(host: string, port: number, signal: AbortSignal): Promise<PortState> {
  try {
    await listenBriefly(port, host);
    return 'free';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') return 'forbidden';
    if (code !== 'EADDRINUSE') return 'no address';
    return (await isOurs(host, port, signal)) ? 'ours' : 'taken';
  }
}

const answerTimeoutMs = 1_000;

async function isOurs(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${localUrl(host, port)}/`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]),
    });
    const { links } = (await response.json()) as { readonly links?: { readonly logVerification?: unknown } };
    return links?.logVerification !== undefined;
  } catch {
    return false;
  }
}
