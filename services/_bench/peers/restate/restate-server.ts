import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import process from 'node:process';

/** A Restate server in a process of its own. */
export type RestateServer = {
  readonly pid: number;
  readonly ingressUrl: string;
  readonly adminUrl: string;
  /** Resolves when the process is gone, with how it ended and its last words. */
  readonly ended: Promise<string>;
  /** Ends it as an operator would, and by force when that takes too long. Idempotent. */
  stop(): Promise<void>;
};

const host = '127.0.0.1';
const stopMs = 5_000;
const keptOutputCharacters = 2_000;

/**
 * Starts a single node with all roles. Everything is Restate's default, the durability too (its log is fsynced before a step
 * counts), but: it listens on loopback, keeps its data in `dataDir`, logs warnings only and sends no telemetry.
 *
 * @param firstPort of three: what takes orders, the administration, and what its nodes would use among themselves
 * @throws Error when there is no binary for this machine
 */
export function startRestateServer(dataDir: string, firstPort: number): RestateServer {
  const [ingress, admin, fabric] = [firstPort, firstPort + 1, firstPort + 2].map((port) => `${host}:${port}`);
  const child = spawn(binary(), ['--no-logo'], {
    cwd: dataDir,
    // A terminal's Ctrl-C must not reach it: it is stopped by whoever started it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...inherited(),
      RESTATE_BASE_DIR: dataDir,
      RESTATE_NODE_NAME: 'bench',
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_BIND_ADDRESS: fabric,
      RESTATE_INGRESS__BIND_ADDRESS: ingress,
      RESTATE_ADMIN__BIND_ADDRESS: admin,
      // It looks for its newest release at every start, which cannot be switched off, and reports when it cannot.
      RESTATE_LOG_FILTER: 'warn,octocrab=off',
      RESTATE_LOG_DISABLE_ANSI_CODES: 'true',
      RESTATE_DISABLE_TELEMETRY: 'true',
    },
  });
  let said = '';
  const hear = (text: string) => (said = `${said}${text}`.slice(-keptOutputCharacters));
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const ended = once(child, 'close').then(
    ([code, signal]) => `ended with ${code ?? signal}: ${said.trim()}`,
    (error: Error) => `did not start: ${error.message}`,
  );
  return {
    pid: child.pid ?? 0,
    ingressUrl: `http://${ingress}`,
    adminUrl: `http://${admin}`,
    ended,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Without what a user has set for a Restate of their own. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('RESTATE_') && name !== 'RUST_LOG'),
  );
}

function binary(): string {
  const { platform, arch } = process;
  try {
    return createRequire(import.meta.url).resolve(`@restatedev/restate-server-${platform}-${arch}/bin/restate-server`);
  } catch {
    throw new Error(`there is no Restate server for ${platform} on ${arch}, or its packages are not installed`);
  }
}
