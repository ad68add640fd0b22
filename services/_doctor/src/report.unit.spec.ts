import { expect, it } from 'vitest';
import { faulty, type Finding, ok } from './finding.ts';
import { isHealthy, reportJson, reportText } from './report.ts';

const findings: readonly Finding[] = [
  ok('Node', '24.4.1 runs the services'),
  faulty('Redis', 'note', 'not running', 'start it'),
  faulty('MySQL', 'warning', 'sync_binlog is 0', 'set sync_binlog=1'),
  faulty('Kafka', 'broken', 'cannot be used', 'mend KAFKA_BROKERS'),
];

it('the report has a line for each finding, how to mend it, and what it comes to', () => {
  expect(reportText(findings, { colour: false }).split('\n')).toEqual([
    'ok       Node             24.4.1 runs the services',
    'note     Redis            not running',
    '                          -> start it',
    'warning  MySQL            sync_binlog is 0',
    '                          -> set sync_binlog=1',
    'broken   Kafka            cannot be used',
    '                          -> mend KAFKA_BROKERS',
    '',
    '1 broken, 1 warning.',
    '',
  ]);
});

it('colours are for terminals', () => {
  expect(reportText(findings, { colour: true })).toContain('\u001B[31mbroken');
  expect(reportText(findings, { colour: false })).not.toContain('\u001B');
});

it('programs get the same as JSON', () => {
  expect(JSON.parse(reportJson(findings))).toEqual({ ok: false, findings });
});

it('only what is broken makes it fail', () => {
  expect(isHealthy(findings)).toBe(false);
  expect(isHealthy(findings.slice(0, 3))).toBe(true);
  expect(reportText(findings.slice(0, 2), { colour: false })).toContain('Nothing is wrong.');
});
