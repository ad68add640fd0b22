import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Check, faulty, type Finding, ok } from '../finding.ts';
import { isAtLeast } from './server.ts';

export type NodeFacts = {
  /** That runs the services, and this program: `v24.4.1`. */
  readonly running: string;
  /** That the command was given to, and the launcher runs on. */
  readonly launching: string;
  /** Absent when none was found. */
  readonly npm: string | undefined;
};

const launcherNeeds = [20, 0] as const;
const servicesNeed = [24, 0] as const;

/** @param environment npm leaves there which Node and which npm began this */
export function nodeCheck(environment: Readonly<Record<string, string | undefined>>, running: string): Check {
  return {
    about: 'Node',
    async run(signal) {
      const launcher = environment['npm_node_execpath'];
      const launching = launcher === undefined ? running : await versionOf(launcher, signal);
      return judgeNode({ running, launching: launching ?? running, npm: await npmVersion(environment, signal) });
    },
  };
}

export function judgeNode({ running, launching, npm }: NodeFacts): readonly Finding[] {
  const bare = (version: string) => version.replace(/^v/, '');
  const [services, launcher] = [bare(running), bare(launching)];
  return [
    isAtLeast(services, servicesNeed)
      ? ok('Node', `${services} runs the services`)
      : faulty(
          'Node',
          'broken',
          `${services} is too old for the services`,
          'npm start and its like bring a newer one: use them',
        ),
    ...(launcher === services ? [] : [judgeLauncher(launcher)]),
    npm === undefined
      ? faulty('npm', 'warning', 'not found: packages cannot be installed', 'install Node with npm, from nodejs.org')
      : ok('npm', npm),
  ];
}

function judgeLauncher(version: string): Finding {
  return isAtLeast(version, launcherNeeds)
    ? ok('Node', `${version} is yours: it starts the launcher, which found or brought the newer one`)
    : faulty('Node', 'broken', `${version} is too old to start anything`, 'install Node 20 or newer, from nodejs.org');
}

/** `npm/11.19.1 node/v24.4.1 …`, else whatever the path has. */
async function npmVersion(
  { npm_config_user_agent: agent = '' }: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  return /^npm\/(\S+)/.exec(agent)?.[1] ?? (await versionOf('npm', signal));
}

async function versionOf(program: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { signal });
    return stdout.trim();
  } catch {
    return undefined;
  }
}
