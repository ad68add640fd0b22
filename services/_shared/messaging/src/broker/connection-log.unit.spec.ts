import { createRecordingLogger } from '@checkout/runtime/testing';
import { expect, it } from 'vitest';
import { createConnectionLog } from './connection-log.ts';

it('an outage is said when it begins and when it ends, and not at every try', () => {
  const logger = createRecordingLogger();
  const connection = createConnectionLog(logger, 'Kafka');
  connection.isBack();
  connection.isBack();
  connection.isAway(new Error('refused'));
  connection.isAway(new Error('still refused'));
  connection.isBack();
  connection.isBack();

  expect(logger.lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    'info connected to Kafka',
    'warn Kafka does not answer: it is tried until it does',
    'info connected to Kafka',
  ]);
});
