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

type RealServer = { readonly name: string; readonly variable: string; readonly specs: RegExp };

/** A suite against a real server carries the server's name in its file name and skips itself if the variable is not set. */
const REAL_SERVERS: readonly RealServer[] = [
  { name: 'MySQL', variable: 'MYSQL_URL', specs: /mysql[^/]*\.int\.spec\.ts$/ },
  { name: 'Kafka', variable: 'KAFKA_BROKERS', specs: /kafka[^/]*\.int\.spec\.ts$/ },
  { name: 'Redis', variable: 'REDIS_URL', specs: /redis[^/]*\.int\.spec\.ts$/ },
  { name: 'RabbitMQ', variable: 'RABBITMQ_URL', specs: /rabbitmq[^/]*\.int\.spec\.ts$/ },
];

/**
 * Says in plain words what a run was worth, so that a green run without servers is not taken for more than it is.
 *
 * @param report vitest's own
 * @param environment decides which servers were there
 * @returns lines to print
 */
export const summarise = (
  report: TestReport,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] => {
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = report;
  const missing = REAL_SERVERS.flatMap((server) => missingServer(server, report, environment));
  return [
    `Tests: ${passed} passed, ${failed} failed, ${skipped} skipped`,
    ...(missing.length === 0 ? [] : ['Not run, as their server is not there:', ...missing]),
  ];
};

const missingServer = (
  { name, variable, specs }: RealServer,
  report: TestReport,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] => {
  if ((environment[variable] ?? '') !== '') return [];
  const suites = report.testResults.filter((file) => specs.test(file.name));
  const tests = suites.flatMap((file) => file.assertionResults).filter(({ status }) => status !== 'passed');
  if (tests.length === 0) return [];
  return [`  ${name}: ${tests.length} tests in ${suites.length} files; set ${variable} to run them`];
};
