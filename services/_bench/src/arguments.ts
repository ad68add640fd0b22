import { parseArgs } from 'node:util';
import { firstSentence, wholeNumber } from '@checkout/cli';
import { type Place, places } from './saga/order-system.ts';

export type BenchmarkName = (typeof benchmarkNames)[number];

export type BenchRun = {
  readonly kind: 'run';
  readonly benchmarks: readonly BenchmarkName[];
  /** How long each run is measured, after its warm-up. */
  readonly seconds: number;
  /** How often each variant is measured; the variants take turns. */
  readonly rounds: number;
  /** How often a run is repeated when other programs disturbed it. */
  readonly patience: number;
  /** Where the platform runs, for the benchmarks that may run in several places. */
  readonly on: readonly Place[];
  /** Orders on their way when everything is killed. */
  readonly inFlight: number;
  /** How long nothing happens. */
  readonly idleSeconds: number;
  /** Rows in the log that is drained. */
  readonly rows: number;
  /** Completed orders in the logs, for the growth check; the empty log is always measured with them. */
  readonly sizes: readonly number[];
  /** Where the databases lie while they are measured: it decides what a durable commit costs. */
  readonly dir: string | undefined;
  readonly jsonFile: string | undefined;
  /** Where CPU profiles of the servers go. */
  readonly profileDir: string | undefined;
};

export type BenchArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly message: string }
  | BenchRun;

const benchmarkNames = ['B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7', 'idle', 'telemetry', 'growth'] as const;
const names = 'B1 to B7, idle, telemetry, growth and all';
const placeNames = Object.keys(places) as readonly Place[];
const maxSeconds = 600;
const maxRounds = 100;
const maxPatience = 100;
const maxSizes = 8;
const maxOrders = 10_000_000;

/** Reads the arguments of `npm run bench --`. */
export function readArguments(argv: readonly string[]): BenchArguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        seconds: { type: 'string', default: '5' },
        rounds: { type: 'string', default: '3' },
        patience: { type: 'string', default: '0' },
        sizes: { type: 'string', default: '1000,100000' },
        rows: { type: 'string', default: '500000' },
        on: { type: 'string', default: 'sqlite' },
        'in-flight': { type: 'string', default: '5000' },
        'idle-seconds': { type: 'string', default: '60' },
        dir: { type: 'string' },
        json: { type: 'string' },
        profile: { type: 'string' },
      },
    });
    if (values.help) return { kind: 'help' };
    return {
      kind: 'run',
      benchmarks: readBenchmarks(positionals),
      seconds: wholeNumber('--seconds', values.seconds, { min: 1, max: maxSeconds }),
      rounds: wholeNumber('--rounds', values.rounds, { min: 1, max: maxRounds }),
      patience: wholeNumber('--patience', values.patience, { min: 0, max: maxPatience }),
      sizes: readSizes(values.sizes),
      on: readPlaces(values.on),
      inFlight: wholeNumber('--in-flight', values['in-flight'], { min: 1, max: maxOrders }),
      idleSeconds: wholeNumber('--idle-seconds', values['idle-seconds'], { min: 1, max: maxSeconds }),
      rows: wholeNumber('--rows', values.rows, { min: 1, max: maxOrders }),
      dir: path('--dir', values.dir),
      jsonFile: path('--json', values.json),
      profileDir: path('--profile', values.profile),
    };
  } catch (error) {
    return { kind: 'refused', message: `${firstSentence(error)}, see: npm run bench -- --help` };
  }
}

export const helpText = `Measures the platform on this machine. Every commit is durable.

  npm run bench -- B1        accept: POST /v1/orders, beside one transaction per order
  npm run bench -- B2        saga: orders from the request to COMPLETED
  npm run bench -- B3        append: events on MySQL, beside a bare commit and a raw INSERT of many rows
  npm run bench -- B4        relay: a full log to Kafka, and the lag at 2,000 rows a second
  npm run bench -- B5        bus: what a message costs through Kafka, and what waiting costs
  npm run bench -- B6        resume: kill -9 with thousands of orders on their way, until all are paid
  npm run bench -- B7        compensation: every fifth order undone, beside all completed
  npm run bench -- idle      what each service takes while nothing happens
  npm run bench -- telemetry what tracing every request costs B1, with OpenTelemetry and with Datadog
  npm run bench -- growth    B1 and B2 on logs that hold many orders, beside the empty log
  npm run bench -- all       all of them

B1, telemetry and growth run on SQLite and the embedded bus; B2, B6 and B7 where --on says; B3 to B5 and idle on the servers that MYSQL_URL and
KAFKA_BROKERS name. What is made on servers is removed in the end.

  --seconds <n>      each run is measured for so long, after a warm-up (5)
  --rounds <n>       runs of each variant; the variants take turns (3)
  --patience <n>     waits until other programs take less than a tenth of the machine, and repeats a run that they
                     disturbed, so often (0)
  --on <place,…>     sqlite: one process on files, as npm start runs it (default); mysql: one process on MySQL;
                     kafka: a process for each service, on MySQL and Kafka;
                     restate: another engine with the same saga, to compare B2, B6 and B7 with (downloads it)
  --in-flight <n>    orders on their way when B6 kills everything (5000)
  --idle-seconds <n> how long idle waits (60)
  --sizes <n,n>      completed orders in the logs, for growth (1000,100000)
  --rows <n>         rows in the log that B4 drains (500000)
  --dir <path>       where the databases lie meanwhile (the system's temporary directory)
  --json <file>      writes the machine, the ratios and every run
  --profile <dir>    writes a CPU profile of each server under test
  --help             this text

Ratios are what counts: figures say more about the machine. Run it while nothing else does. Ctrl-C stops it and cleans up.
Exit 0: measured. Exit 1: something was answered wrongly, or a run failed.
`;

function readBenchmarks(positionals: readonly string[]): readonly BenchmarkName[] {
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new Error(`name one of ${names}`);
  if (name === 'all') return benchmarkNames;
  const known = benchmarkNames.find((other) => other === name);
  if (known === undefined) throw new Error(`${JSON.stringify(name)} is none of ${names}`);
  return [known];
}

function readPlaces(text: string): readonly Place[] {
  const wanted = text.split(',').map((part) => {
    const known = placeNames.find((place) => place === part);
    if (known === undefined) throw new Error(`--on ${JSON.stringify(part)} is none of ${placeNames.join(', ')}`);
    return known;
  });
  return [...new Set(wanted)];
}

function readSizes(text: string): readonly number[] {
  const sizes = text.split(',').map((part) => wholeNumber('--sizes', part, { min: 1, max: maxOrders }));
  if (sizes.length > maxSizes) throw new Error(`--sizes may name ${maxSizes} sizes`);
  return [...new Set(sizes)].toSorted((left, right) => left - right);
}

function path(name: string, text: string | undefined): string | undefined {
  if (text === '') throw new Error(`${name} needs a path`);
  return text;
}
