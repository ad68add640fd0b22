import { createVirtualClock } from '@checkout/kernel/testing';
import { describe, expect, test } from 'vitest';
import { type Running, runService } from './lifecycle.ts';
import { createFakeProcess } from './testing/fake-process.ts';
import { createRecordingLogger } from './testing/loggers.ts';

function setup(start: (stopping: AbortSignal) => Promise<Running>) {
  const clock = createVirtualClock();
  const process = createFakeProcess();
  const logger = createRecordingLogger();
  const running = runService({ name: 'order', start, clock, process, logger, shutdownMs: 5_000 });
  return { clock, process, logger, running };
}

const stopAtOnce: Running = { stop: async () => {} };

/** A service whose stop takes until the test says so. */
function slowToStop() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let stops = 0;
  const stop = () => {
    stops += 1;
    return promise;
  };
  return { running: { stop }, finish: resolve, stops: () => stops };
}

describe('a service that started', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('stops on %s and exits 0', async (signal) => {
    const { clock, process, running } = setup(async () => stopAtOnce);
    await running;

    process.send(signal);
    await clock.settle();

    expect(process.exitCodes).toEqual([0]);
    expect(clock.pending()).toBe(0);
  });

  test('takes signals within 500 ms for the same one: terminal, npm and launcher each send it', async () => {
    const service = slowToStop();
    const { clock, process, running } = setup(async () => service.running);
    await running;

    process.send('SIGINT');
    await clock.advance(500);
    process.send('SIGTERM');
    service.finish();
    await clock.settle();

    expect(process.exitCodes).toEqual([0]);
    expect(service.stops()).toBe(1);
  });

  test('exits 130 at once on a later signal', async () => {
    const service = slowToStop();
    const { clock, process, running } = setup(async () => service.running);
    await running;

    process.send('SIGINT');
    await clock.advance(501);
    process.send('SIGINT');

    expect(process.exitCodes).toEqual([130]);
  });

  test('exits 1 when stopping takes longer than it may', async () => {
    const { clock, process, logger, running } = setup(async () => slowToStop().running);
    await running;

    process.send('SIGTERM');
    await clock.advance(5_000);

    expect(process.exitCodes).toEqual([1]);
    expect(logger.lines.at(-1)).toMatchObject({ level: 'error', message: 'not stopped in time, exiting' });
  });

  test('exits 1 when stopping fails', async () => {
    const { clock, process, running } = setup(async () => ({ stop: () => Promise.reject(new Error('stuck')) }));
    await running;

    process.send('SIGTERM');
    await clock.settle();

    expect(process.exitCodes).toEqual([1]);
  });

  test('logs what nobody handled and exits 1', async () => {
    const { process, logger, running } = setup(async () => stopAtOnce);
    await running;

    process.crash(new Error('boom'));

    expect(process.exitCodes).toEqual([1]);
    expect(logger.lines.at(-1)).toMatchObject({
      message: 'uncaught exception, exiting',
      fields: { err: { message: 'boom' } },
    });
  });
});

describe('a service that is starting', () => {
  test('prints one line and exits 1 when it fails', async () => {
    const { process, running } = setup(() => Promise.reject(new Error('port 8080 is taken\n  try PORT=8081')));
    await running;

    expect(process.errorLines).toEqual(['order: port 8080 is taken try PORT=8081']);
    expect(process.exitCodes).toEqual([1]);
  });

  test('is stopped once it has started when the signal comes before', async () => {
    const service = slowToStop();
    const { promise: started, resolve: finishStart } = Promise.withResolvers<Running>();
    const { clock, process, running } = setup(() => started);

    process.send('SIGTERM');
    await clock.settle();
    expect(service.stops()).toBe(0);
    finishStart(service.running);
    service.finish();
    await running;
    await clock.settle();

    expect(service.stops()).toBe(1);
    expect(process.exitCodes).toEqual([0]);
  });
});

describe('a service that is still starting', () => {
  test('ends its start when it is told to stop, exits 0 and has nothing to say', async () => {
    const start = (stopping: AbortSignal) =>
      new Promise<Running>((_, reject) => {
        stopping.addEventListener('abort', () => reject(stopping.reason as Error));
      });
    const { clock, process, running } = setup(start);
    process.send('SIGTERM');
    await running;
    await clock.settle();

    expect([process.exitCodes, process.errorLines]).toEqual([[0], []]);
    expect(clock.pending()).toBe(0);
  });
});
