import { exec } from 'node:child_process';
import { promisify } from 'node:util';

export const serverNames = ['mysql', 'kafka', 'rabbitmq', 'redis'] as const;
export type ServerName = (typeof serverNames)[number];

/** What can be done to a server from outside. Each resolves when it is done. @throws Error with what the command said */
export type ServerControl = {
  kill(): Promise<void>;
  /** Brings it back with its data, and waits until it is ready. */
  restart(): Promise<void>;
  /** Stops it where it stands: connections stay open, and nobody answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
};

const actions = ['kill', 'restart', 'pause', 'resume'] as const;

const composed: Readonly<Record<(typeof actions)[number], string>> = {
  kill: 'docker compose kill',
  restart: 'docker compose up -d --wait',
  pause: 'docker compose pause',
  resume: 'docker compose unpause',
};
const commandMs = 120_000;
const run = promisify(exec);

/**
 * By the commands that the environment names, `MYSQL_KILL_COMMAND` and so on, each run by a shell; those that it does not name
 * are Docker Compose's for the servers of `compose.yaml`.
 */
export function createServerControl(
  name: ServerName,
  environment: Readonly<Record<string, string | undefined>>,
): ServerControl {
  const [kill, restart, pause, resume] = actions.map((action) => {
    const command =
      environment[`${name.toUpperCase()}_${action.toUpperCase()}_COMMAND`] ?? `${composed[action]} ${name}`;
    return async () => {
      await run(command, { timeout: commandMs });
    };
  });
  return { kill, restart, pause, resume } as ServerControl;
}
