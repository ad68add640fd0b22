/** The part of vitest's JSON report that is read here. */
export type TestReport = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
};

type Environment = Readonly<Record<string, string | undefined>>;

type RealServer = {
  readonly name: string;
  readonly specs: RegExp;
  readonly variables: readonly string[];
  /** What makes it be there, where no variable does. */
  readonly remedy?: string;
};

/**
 * By server, because a suite may need two of them: it is counted for both. A suite against a real server carries the server's
 * name in its file name and skips itself if the variables are not set. One that kills the server has `-outage` in its name as
 * well, and needs the commands to do so.
 */
const REAL_SERVERS: readonly RealServer[] = [
  { name: 'MySQL', variables: ['MYSQL_URL'], specs: /mysql[^/]*\.int\.spec\.ts$/ },
  { name: 'Kafka', variables: ['KAFKA_BROKERS'], specs: /kafka(?!-outage)[^/]*\.int\.spec\.ts$/ },
  {
    name: 'Kafka, killed and restarted',
    variables: ['KAFKA_BROKERS', 'KAFKA_KILL_COMMAND', 'KAFKA_RESTART_COMMAND'],
    specs: /kafka-outage[^/]*\.int\.spec\.ts$/,
  },
  { name: 'Redis', variables: ['REDIS_URL'], specs: /redis[^/]*\.int\.spec\.ts$/ },
  { name: 'RabbitMQ', variables: ['RABBITMQ_URL'], specs: /rabbitmq[^/]*\.int\.spec\.ts$/ },
  {
    name: 'Restate, which the bench compares with',
    variables: [],
    remedy: 'npm run bench -- B2 --on restate installs it',
    specs: /restate[^/]*\.int\.spec\.ts$/,
  },
  {
    name: 'Helm, which renders the charts',
    variables: [],
    remedy: 'install helm 3.18 or newer to run them',
    specs: /helm[^/]*\.int\.spec\.ts$/,
  },
];

/**
 * Says in plain words what a run was worth, so that a green run without servers is not taken for more than it is.
 *
 * @param report vitest's own
 * @param environment decides which servers were there
 * @returns lines to print
 */
export const summarise = (report: TestReport, environment: Environment): readonly string[] => {
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = report;
  const present = REAL_SERVERS.flatMap((server) => presentServer(server, report, environment));
  const missing = REAL_SERVERS.flatMap((server) => missingServer(server, report, environment));
  return [
    `Tests: ${passed} passed, ${failed} failed, ${skipped} skipped`,
    ...(present.length === 0 ? [] : ['Of these on real servers:', ...present]),
    ...(missing.length === 0 ? [] : ['Not run, as their server is not there:', ...missing]),
  ];
};

const lacking = ({ variables }: RealServer, environment: Environment): readonly string[] =>
  variables.filter((variable) => (environment[variable] ?? '') === '');

/** A test of such a suite that needs no server after all says nothing of a server that is not there. */
const presentServer = (
  server: RealServer,
  { testResults }: TestReport,
  environment: Environment,
): readonly string[] => {
  const { name, specs } = server;
  if (lacking(server, environment).length > 0) return [];
  const ran = testResults
    .filter((file) => specs.test(file.name))
    .map(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'passed' || status === 'failed'))
    .filter((tests) => tests.length > 0);
  const tests = ran.flat();
  if (tests.length === 0) return [];
  const failed = tests.filter(({ status }) => status === 'failed').length;
  return [`  ${name}: ${tests.length - failed} passed, ${failed} failed in ${ran.length} files`];
};

const missingServer = (server: RealServer, report: TestReport, environment: Environment): readonly string[] => {
  const { name, remedy, specs } = server;
  const absent = lacking(server, environment);
  if (absent.length === 0 && remedy === undefined) return [];
  const suites = report.testResults.filter((file) => specs.test(file.name));
  const tests = suites.flatMap((file) => file.assertionResults).filter(({ status }) => status !== 'passed');
  if (tests.length === 0) return [];
  const what = remedy ?? `set ${absent.join(' and ')} to run them`;
  return [`  ${name}: ${tests.length} tests in ${suites.length} files; ${what}`];
};
