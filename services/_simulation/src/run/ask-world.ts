import { type Get, together } from '@checkout/checker';
import type { ServiceName } from '@checkout/contracts';
import { deliver, type Server } from '../ports/simulated-network.ts';
import { originOf } from './services.ts';
import type { World } from './world.ts';

/** Lets virtual time go on until a promise is settled. */
type Drive = <Value>(promise: Promise<Value>) => Promise<Value>;

type Request = Pick<Parameters<typeof deliver>[1], 'method' | 'headers' | 'body'> & { readonly path: string };

/** Past the network and its faults. */
function askServer(server: Server, { path, ...request }: Request, drive: Drive): Promise<Response> {
  return drive(deliver(server, { ...request, url: `http://world.test${path}` }, new AbortController().signal, 0));
}

/** Reads the world as one platform at one address, as whoever checks its end does. */
export function createReader(world: World, drive: Drive): Get {
  const getFrom =
    (serverOf: () => Server): Get =>
    async (path) => {
      const response = await askServer(serverOf(), { method: 'GET', path }, drive);
      return { status: response.status, body: JSON.parse(await response.text()) as unknown };
    };
  const service = (name: ServiceName) =>
    getFrom(() => {
      const server = world.route(originOf(name));
      if (server === undefined) throw new Error(`no instance of ${name} is up`);
      return server;
    });
  return together({
    order: service('order'),
    orchestrator: service('orchestrator'),
    antifraud: service('antifraud'),
    payment: service('payment'),
    shipping: service('shipping'),
    sandbox: getFrom(() => world.sandbox),
  });
}

/** Sets the providers' misfortunes in the words of `PUT /faults`; without a change, ends them all. */
export async function setProviderFaults(world: World, change: object | undefined, drive: Drive): Promise<void> {
  const request: Request =
    change === undefined
      ? { method: 'DELETE', path: '/faults' }
      : {
          method: 'PUT',
          path: '/faults',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(change),
        };
  const { status } = await askServer(world.sandbox, request, drive);
  if (status !== 200) throw new Error(`the sandbox does not take these faults: ${status}`);
}

/** How often each misfortune of each provider struck, as `<provider> <fault>`. */
export async function readProviderFaults(world: World, drive: Drive): Promise<Readonly<Record<string, number>>> {
  const response = await askServer(world.sandbox, { method: 'GET', path: '/metrics' }, drive);
  const samples = (await response.text()).matchAll(
    /^sandbox_faults_total\{.*?provider="(\w+)",fault="([\w-]+)".*?\} (\d+)$/gm,
  );
  return Object.fromEntries([...samples].map(([, provider, fault, count]) => [`${provider} ${fault}`, Number(count)]));
}
