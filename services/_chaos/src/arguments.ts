import { parseArgs } from 'node:util';
import { firstSentence, wholeNumber } from '@checkout/cli';

export type ChaosArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'list' }
  | { readonly kind: 'refused'; readonly message: string }
  | ChaosRun;

export type ChaosRun = {
  readonly kind: 'run';
  /** Names, in this order. */
  readonly faults: readonly string[];
  /** Of a mix, in place of single faults. */
  readonly minutes: number | undefined;
  readonly perSecond: number;
  readonly instances: number;
  readonly seed: number;
  /** A directory for `chaos.json` and `chaos.html`. */
  readonly report: string;
  readonly json: boolean;
  readonly verbose: boolean;
};

const maxPerSecond = 1_000;
const maxInstances = 8;
const maxMinutes = 1_440;
const defaultReport = '.data/chaos';

export const helpText = `Runs every service as several processes on real servers, places orders, breaks something, and checks the money afterwards.

  npm run chaos -- --list                             the faults
  npm run chaos -- --fault mysql-cut-after-commit     one of them; several with commas
  npm run chaos -- --all                              each once
  npm run chaos -- --mix --minutes 10                 at random, one after the other, under one load

  --rate N        orders placed each second (15)
  --instances N   processes of each service (2)
  --seed N        of the orders (1)
  --report DIR    where chaos.json and chaos.html go (${defaultReport})
  --json          the report on the terminal as JSON
  --verbose       what the processes say

Environment: the servers as for npm run services, and BUS. A server is killed, started, paused and resumed by the commands
<NAME>_KILL_COMMAND, <NAME>_RESTART_COMMAND, <NAME>_PAUSE_COMMAND and <NAME>_RESUME_COMMAND (MYSQL, KAFKA, RABBITMQ, REDIS), by
docker compose when they are not set: nobody else should use these servers meanwhile. MYSQL_ROOT_URL names a user who may
change global settings of MySQL; MYSQL_URL is used without it. Exit: 0 everything held, 1 not, 130 stopped.
`;

/** Reads the arguments of `npm run chaos --`. @param known the names of all faults */
export function readArguments(argv: readonly string[], known: readonly string[]): ChaosArguments {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        list: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        fault: { type: 'string' },
        mix: { type: 'boolean', default: false },
        minutes: { type: 'string' },
        rate: { type: 'string', default: '15' },
        instances: { type: 'string', default: '2' },
        seed: { type: 'string', default: '1' },
        report: { type: 'string', default: defaultReport },
        json: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    if (values.list) return { kind: 'list' };
    const chosen = [values.all, values.fault !== undefined, values.mix].filter(Boolean).length;
    if (chosen !== 1) throw new Error('one of --all, --fault and --mix has to be given');
    if (values.minutes !== undefined && !values.mix) throw new Error('--minutes goes with --mix');
    const names = values.all ? known : (values.fault?.split(',') ?? []);
    const unknown = names.filter((name) => !known.includes(name));
    if (unknown.length > 0) throw new Error(`--fault knows no ${unknown.join(', ')}: --list shows all`);
    return {
      kind: 'run',
      faults: names,
      minutes: values.mix ? wholeNumber('--minutes', values.minutes ?? '5', { min: 1, max: maxMinutes }) : undefined,
      perSecond: wholeNumber('--rate', values.rate, { min: 1, max: maxPerSecond }),
      instances: wholeNumber('--instances', values.instances, { min: 1, max: maxInstances }),
      seed: wholeNumber('--seed', values.seed, { min: 0, max: Number.MAX_SAFE_INTEGER }),
      report: values.report,
      json: values.json,
      verbose: values.verbose,
    };
  } catch (error) {
    return { kind: 'refused', message: `chaos: ${firstSentence(error)}, see: npm run chaos -- --help` };
  }
}
