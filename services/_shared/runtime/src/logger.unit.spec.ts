import { describe, expect, test } from 'vitest';
import type { LogFields } from './logger.ts';
import { createLogger } from './logger.pino.ts';
import { createMetrics, renderMetrics } from './metrics.ts';
import { createRecordingLogger } from './testing/loggers.ts';

function setup(level: 'debug' | 'info' = 'debug') {
  const lines: Record<string, unknown>[] = [];
  const metrics = createMetrics('order');
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  return { lines, metrics, logger: createLogger({ service: 'order', level, metrics, destination }) };
}

/** What a careless caller passes: the type forbids it, a spread object gets around the type. */
const personal = { userName: 'A. Buyer', orderId: 'o-1' } as LogFields;

describe('the JSON logger', () => {
  test('writes level as a word, time in ISO 8601, service, message and fields', () => {
    const { lines, logger } = setup();

    logger.info('order placed', { orderId: 'o-1', durationMs: 12 });

    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        service: 'order',
        message: 'order placed',
        orderId: 'o-1',
        durationMs: 12,
      },
    ]);
  });

  test('ties each line to its trace, when it is told which', () => {
    const lines: Record<string, unknown>[] = [];
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const correlation = () => ({ trace_id: '0af7', span_id: 'b7ad' });
    const logger = createLogger({
      service: 'order',
      level: 'info',
      metrics: createMetrics('order'),
      correlation,
      destination,
    });

    logger.child({ component: 'bus' }).info('order placed', { orderId: 'o-1' });

    expect(lines).toMatchObject([{ trace_id: '0af7', span_id: 'b7ad', orderId: 'o-1', component: 'bus' }]);
  });

  test('drops and counts fields that are not on the allow-list', async () => {
    const { lines, logger, metrics } = setup();

    logger.warn('odd', personal);

    expect(lines[0]).not.toHaveProperty('userName');
    expect(lines[0]).toHaveProperty('orderId', 'o-1');
    expect((await renderMetrics([metrics])).text).toContain('log_fields_dropped_total{service="order"} 1');
  });

  test('drops an allowed field that holds an object: a payload under an innocent name', () => {
    const { lines, logger } = setup();

    logger.info('odd', { reason: { card: '4242' } as unknown as string });

    expect(lines[0]).not.toHaveProperty('reason');
  });

  test('keeps name, message and stack of an error, nothing else', () => {
    const { lines, logger } = setup();

    logger.error('failed', { err: Object.assign(new TypeError('no'), { sql: 'SELECT 1' }) });

    expect(lines[0]?.['err']).toEqual({
      name: 'TypeError',
      message: 'no',
      stack: expect.stringContaining('TypeError'),
    });
  });

  test('cuts long texts', () => {
    const { lines, logger } = setup();

    logger.info('long', { reason: 'x'.repeat(5000) });

    expect(lines[0]?.['reason']).toHaveLength(1024);
  });

  test('says nothing below its level', () => {
    const { lines, logger } = setup('info');

    logger.debug('whisper');

    expect(lines).toEqual([]);
  });

  test('a child adds its fields to each line', () => {
    const { lines, logger } = setup();

    logger.child({ orderId: 'o-1' }).info('moved', { state: 'PAID' });

    expect(lines[0]).toMatchObject({ orderId: 'o-1', state: 'PAID' });
  });
});

describe('the recording logger', () => {
  test('keeps lines under the same allow-list', () => {
    const logger = createRecordingLogger();

    logger.child({ orderId: 'o-1' }).info('moved', personal);

    expect(logger.lines).toEqual([{ level: 'info', message: 'moved', fields: { orderId: 'o-1' } }]);
    expect(logger.droppedFields()).toBe(1);
  });
});
