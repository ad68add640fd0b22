import { describe, expect, it } from 'vitest';
import { summarise, type TestReport } from './test-summary.ts';

const report = (files: Readonly<Record<string, readonly string[]>>): TestReport => {
  const all = Object.values(files).flat();
  return {
    numPassedTests: all.filter((status) => status === 'passed').length,
    numFailedTests: all.filter((status) => status === 'failed').length,
    numPendingTests: all.filter((status) => status === 'skipped').length,
    testResults: Object.entries(files).map(([name, statuses]) => ({
      name,
      assertionResults: statuses.map((status) => ({ status })),
    })),
  };
};

describe('the summary of a test run', () => {
  it('counts', () => {
    expect(summarise(report({ '/a.unit.spec.ts': ['passed', 'passed', 'failed', 'skipped'] }), {})).toEqual([
      'Tests: 2 passed, 1 failed, 1 skipped',
    ]);
  });

  it('names each server that was not there, and how to run its tests', () => {
    const run = report({
      '/x/mysql-event-log.int.spec.ts': ['skipped', 'skipped'],
      '/x/relay.mysql.int.spec.ts': ['skipped'],
      '/x/kafka-bus.int.spec.ts': ['skipped'],
      '/mysql/order.unit.spec.ts': ['passed'],
    });
    expect(summarise(run, {}).slice(1)).toEqual([
      'Not run, as their server is not there:',
      '  MySQL: 3 tests in 2 files; set MYSQL_URL to run them',
      '  Kafka: 1 tests in 1 files; set KAFKA_BROKERS to run them',
    ]);
  });

  it('claims no test on a server that was not there', () => {
    const run = report({ '/x/mysql-event-log.int.spec.ts': ['passed', 'skipped'] });
    expect(summarise(run, {}).slice(1)).toEqual([
      'Not run, as their server is not there:',
      '  MySQL: 1 tests in 1 files; set MYSQL_URL to run them',
    ]);
  });

  it('names apart what kills a server, and what it lacks to do so', () => {
    const run = report({ '/x/kafka-bus.int.spec.ts': ['passed'], '/x/kafka-outage.int.spec.ts': ['skipped'] });
    expect(summarise(run, { KAFKA_BROKERS: 'localhost:9092' }).slice(4)).toEqual([
      '  Kafka, killed and restarted: 1 tests in 1 files; set KAFKA_KILL_COMMAND and KAFKA_RESTART_COMMAND to run them',
    ]);
  });

  it('counts for each server that was there', () => {
    const run = report({
      '/x/redis-cache.int.spec.ts': ['passed', 'failed'],
      '/x/services.mysql-kafka.int.spec.ts': ['passed', 'skipped'],
      '/x/mysql.int.spec.ts': ['passed'],
    });
    const environment = { REDIS_URL: 'redis://localhost', MYSQL_URL: 'mysql://localhost', KAFKA_BROKERS: 'localhost' };
    expect(summarise(run, environment).slice(1)).toEqual([
      'Of these on real servers:',
      '  MySQL: 2 passed, 0 failed in 2 files',
      '  Kafka: 1 passed, 0 failed in 1 files',
      '  Redis: 1 passed, 1 failed in 1 files',
    ]);
  });

  it('names what has to be installed first', () => {
    const run = report({ '/x/peers/restate.int.spec.ts': ['skipped'] });
    expect(summarise(run, {}).slice(2)).toEqual([
      '  Restate, which the bench compares with: 1 tests in 1 files; npm run bench -- B2 --on restate installs it',
    ]);
  });
});
