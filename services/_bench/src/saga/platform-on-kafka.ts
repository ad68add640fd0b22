import { services } from '@checkout/contracts';
import { planProcesses, processEntry, processNames, type ProcessPlan } from '@checkout/processes';
import { freePorts } from '@checkout/runtime';
import { randomUUID } from 'node:crypto';
import type { BenchContext } from '../bench-context.ts';
import { type ServerProcess, startServer, type Usage } from '../child/server-process.ts';
import { openTestBed } from '../servers/test-bed.ts';
import type { PlatformUnderTest } from './platform-under-test.ts';
import { immediateDelivery, withoutWebhooks } from './sandbox-process.ts';

/** A process for each service, on MySQL and Kafka, as `npm run services` runs them. @throws BenchError, StoppedError */
export async function startPlatformOnKafka(context: BenchContext): Promise<PlatformUnderTest> {
  const { workspace } = context;
  const bed = await openTestBed(context, { kafka: true });
  const dataDir = workspace.directory('processes');
  const running = new Map<string, ServerProcess>();
  const all = (names: readonly string[]) => [...running].filter(([name]) => names.includes(name));
  const close = async () => {
    await Promise.all([...running.values()].map((server) => server.stop()));
    await bed.close();
    workspace.remove(dataDir);
  };
  try {
    const first = await freePorts(processNames.length);
    const secrets = { psp: randomUUID(), carrier: randomUUID() };
    const plans = planProcesses(bed.serversAt(first, dataDir), secrets, bed.databaseUrls);
    const start = async ({ name, url, environment }: ProcessPlan) => {
      const port = Number(new URL(url).port);
      const options = {
        entry: processEntry(name),
        dataDir,
        port,
        environment: { ...environment, ...immediateDelivery },
      };
      running.set(name, await startServer(context, options));
    };
    const ofServices = plans.filter(({ name }) => name !== 'sandbox');
    const startServices = () => Promise.all(ofServices.map(start));
    const urlOf = (name: string) => plans.find((plan) => plan.name === name)?.url ?? '';
    await Promise.all([...plans.filter(({ name }) => name === 'sandbox').map(start), startServices()]);
    const providersUrl = urlOf('sandbox');
    await withoutWebhooks(providersUrl);
    return {
      url: urlOf('order'),
      providersUrl,
      openOrderLog: () => bed.openLog(),
      usage: async () =>
        sumOf(await Promise.all(all(processNames).map(async ([name, one]) => [name, await one.usage()]))),
      stop: close,
      async kill() {
        await Promise.all(all(services).map(([, server]) => server.kill()));
      },
      async restart() {
        await startServices();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The providers' part is told, and not counted: they are not the platform's. */
function sumOf(usages: readonly (readonly [name: string, usage: Usage])[]): Usage {
  const counted = usages.filter(([name]) => name !== 'sandbox').map(([, usage]) => usage);
  return {
    cpuMs: counted.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    rssBytes: counted.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    byProcess: Object.fromEntries(usages),
  };
}
