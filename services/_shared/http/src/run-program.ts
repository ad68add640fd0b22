import type { Clock, Ids, Random } from '@checkout/kernel';
import {
  type AuthConfig,
  createJoseTokenVerifier,
  createLogger,
  createMetrics,
  createSystemClock,
  createSystemIds,
  createSystemProcess,
  createSystemRandom,
  createTokenKeys,
  createUndiciHttpClient,
  type Logger,
  type ProcessPort,
  type Running,
  runService,
  type ServiceConfig,
  type Startup,
} from '@checkout/runtime';
import { startTelemetry, type Telemetry } from '@checkout/telemetry';
import { beginHosting, type Hosted } from './host-services.ts';
import { ListenError } from './serve.ts';

export type Program<Config extends ServiceConfig> = {
  /** Before each line that it says, and `service` on its log lines. */
  readonly name: string;
  /** Of the API document and the start page. */
  readonly title: string;
  /** What starts it, for the advice when its port is taken: `npm start`. */
  readonly command: string;
  /** @throws ConfigError naming every fault */
  readonly configure: () => Config | Promise<Config>;
  /** Opens and wires the services. An error ends the process: its message is one line that says what to do. */
  readonly open: (config: Config, parts: ProgramParts) => Promise<Hosted>;
  /** Called when everything runs. */
  readonly onReady?: (config: Config) => void;
};

/** The ports of a real process. */
export type ProgramParts = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  /** The program's own. */
  readonly logger: Logger;
  /** For one of several services in a process: its name is on each line. */
  readonly loggerFor: (service: string) => Logger;
  /** For what is found wrong after the start and must not go on: one line, exit 1. */
  readonly onFatal: (error: Error) => void;
  readonly startup: Startup;
};

const exitFailed = 1;
const maxPort = 65_535;
/** Of the time that a shutdown may take, the share that requests may use up; the rest is for the work and the files. */
const requestShare = 0.4;

/** The whole life of a program: configuration, start, and stop by signal. Every way in which it cannot start is one line. */
export async function runProgram<Config extends ServiceConfig>(program: Program<Config>): Promise<void> {
  const { name, title, open, onReady = () => {} } = program;
  const process = createSystemProcess();
  const config = await orExit(program, process, async () => program.configure());
  if (config === undefined) return;
  const { host, port, opsPort, shutdownMs, logLevel, rateLimitPerS, auth, telemetry: asked } = config;
  const clock = createSystemClock();
  const ids = createSystemIds();
  const metrics = createMetrics(name);
  const untied = createLogger({ service: name, level: logLevel, metrics });
  const onTrouble = (reason: string) => untied.warn('telemetry could not be handed over', { reason });
  const telemetry = await orExit(program, process, () =>
    startTelemetry(asked.mode, { service: name, datadogService: asked.datadogService, clock, onTrouble }),
  );
  if (telemetry === undefined) return;
  const { logCorrelation: correlation } = telemetry;
  const loggerFor = (service: string) => createLogger({ service, level: logLevel, metrics, correlation });
  const logger = loggerFor(name);
  const onFatal = (error: Error) => {
    process.writeError(`${name}: ${error.message}`);
    process.exit(exitFailed);
  };

  const hostAll = async (signal: AbortSignal) => {
    const { verifier, close: closeVerifier } = openVerifier(auth, { clock, logger });
    const graceMs = shutdownMs * requestShare;
    const options = { title, host, port, opsPort, clock, ids, logger, metrics, graceMs, rateLimitPerS, verifier };
    const begun = await beginHosting(options);
    const startup = { signal, waitsFor: begun.waitsFor };
    const parts = { clock, ids, random: createSystemRandom(), logger, loggerFor, onFatal, startup };
    try {
      const hosted = await open(config, parts);
      const close = async () => void (await Promise.all([hosted.close(), closeVerifier()]));
      return await begun.host({ ...hosted, close });
    } catch (error) {
      await begun.end();
      throw error;
    }
  };

  const start = async (signal: AbortSignal) => {
    const running = await hostAll(signal).catch(async (error: unknown) => {
      await telemetry.close();
      throw withAdvice(error, program.command, opsPort);
    });
    if (auth.kind === 'off' && !isLoopback(host)) {
      logger.warn('AUTH is off: whoever reaches this address may read and do everything', { host, port: running.port });
    }
    logger.info('ready', { host, port: running.port });
    onReady(config);
    return stoppedBefore(running, telemetry);
  };
  await runService({ name, start, logger, clock, process, shutdownMs });
}

/** What the program cannot begin without; what it says of its failure is one line. */
async function orExit<Value>(
  { name }: Pick<Program<never>, 'name'>,
  process: ProcessPort,
  get: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await get();
  } catch (error) {
    process.writeError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(exitFailed);
    return undefined;
  }
}

/** What the last requests and messages left is handed over as well. */
function stoppedBefore(running: Running, telemetry: Telemetry): Running {
  return {
    async stop() {
      try {
        await running.stop();
      } finally {
        await telemetry.close();
      }
    },
  };
}

const loopback: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/** Whether only this machine reaches what listens on this address. */
export function isLoopback(host: string): boolean {
  return loopback.includes(host);
}

function openVerifier(auth: AuthConfig, { clock, logger }: Pick<ProgramParts, 'clock' | 'logger'>) {
  if (auth.kind === 'off') return { verifier: undefined, close: async () => {} };
  const { issuer, audience, jwksUrl: url } = auth;
  const httpClient = createUndiciHttpClient({ clock });
  const keys = createTokenKeys({ url, httpClient, clock, logger });
  return {
    verifier: createJoseTokenVerifier({ issuer, audience, keys, clock }),
    close: () => httpClient.close(),
  };
}

function withAdvice(error: unknown, command: string, opsPort: number | undefined): Error {
  if (!(error instanceof ListenError) || error.code !== 'address-in-use') return error as Error;
  const variable = error.port === opsPort ? 'OPS_PORT' : 'PORT';
  const another = error.port < maxPort ? error.port + 1 : error.port - 1;
  return new Error(`${error.message}, try: ${variable}=${another} ${command}`, { cause: error });
}
