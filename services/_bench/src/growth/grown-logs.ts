import { closeSync, constants, copyFileSync, fsyncSync, openSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@checkout/contracts';
import type { OrderId } from '@checkout/kernel';
import { createSystemClock } from '@checkout/runtime';
import { z } from 'zod';
import { type BenchContext, BenchError } from '../bench-context.ts';
import { createOrderRequests } from '../load/order-requests.ts';
import { openOrderClients } from '../saga/complete-orders.ts';
import { startPlatform } from '../saga/platform-under-test.ts';
import { fillLogs } from './fill-logs.ts';
import type { LogSize } from './log-size.ts';
import { readTemplate } from './order-templates.ts';
import { bytesOf, closeServiceLogs, countRows, logFileOf, logFilesOf, openServiceLogs } from './service-logs.ts';

/** Logs that hold many completed orders. Never run on, only copied. */
export type GrownLogs = {
  readonly size: LogSize;
  /** Copies them, or this service's log alone, into an empty directory, and waits until the disk has them. */
  copyTo(dataDir: string, only?: ServiceName): void;
};

/** Orders that the platform itself completes, for the others to be made from. */
const templateOrders = 32;
/** The orders were placed within so long, until now: no key is old enough to be forgotten. */
const historyMs = 12 * 3_600_000;

/**
 * Lets the platform complete a few orders, and fills its logs up with others like them.
 *
 * @param orders completed orders in the end
 * @throws BenchError, StoppedError
 */
export async function makeGrownLogs(context: BenchContext, orders: number): Promise<GrownLogs> {
  const dataDir = context.workspace.directory('grown');
  const templateIds = await completeTemplates(context, dataDir, Math.min(orders, templateOrders));
  const startedAtMs = performance.now();
  const fill = await fillUp(context, { dataDir, templateIds, orders: orders - templateIds.length });
  const seconds = (performance.now() - startedAtMs) / 1_000;
  return {
    size: {
      orders,
      rows: fill.rowsInAll,
      bytes: bytesOf(logFilesOf(dataDir)),
      filledOrdersPerSecond: (orders - templateIds.length) / seconds,
      filledRowsPerSecond: fill.filledRows / seconds,
    },
    copyTo(target, only) {
      const files = only === undefined ? logFilesOf(dataDir) : [logFileOf(dataDir, only)];
      for (const file of files) copyDurably(file, join(target, basename(file)));
    },
  };
}

async function completeTemplates(context: BenchContext, dataDir: string, count: number): Promise<readonly OrderId[]> {
  const platform = await startPlatform(context, dataDir);
  try {
    const clients = await openOrderClients(platform, 1, createOrderRequests());
    try {
      const ids: string[] = [];
      while (ids.length < count) ids.push(await clients.complete(0));
      await untilAllClosed(platform.url);
      return ids as OrderId[];
    } finally {
      await clients.close();
    }
  } finally {
    await platform.stop();
  }
}

const SagasSchema = z.object({ items: z.array(z.unknown()) });
const closePollMs = 20;
const closeMs = 10_000;

/** An order is COMPLETED before its saga has heard of it; a template must hold that as well. */
async function untilAllClosed(url: string): Promise<void> {
  for (const untilMs = performance.now() + closeMs; performance.now() < untilMs; await sleep(closePollMs)) {
    const answer = await fetch(`${url}/v1/sagas?state=RUNNING&limit=1`);
    if (SagasSchema.parse(await answer.json()).items.length === 0) return;
  }
  throw new BenchError('the sagas of completed orders do not close');
}

async function fillUp(
  { progress, signal }: BenchContext,
  wanted: { readonly dataDir: string; readonly templateIds: readonly OrderId[]; readonly orders: number },
): Promise<{ readonly filledRows: number; readonly rowsInAll: number }> {
  const { dataDir, templateIds, orders } = wanted;
  let placedAtMs = Date.now() - historyMs;
  const nextOrderAt = () => {
    placedAtMs += historyMs / Math.max(1, orders);
    return Math.floor(placedAtMs);
  };
  const logs = openServiceLogs(dataDir, { ...createSystemClock(), now: () => Math.floor(placedAtMs) });
  try {
    const templates = await Promise.all(templateIds.map((id) => readTemplate(logs, id)));
    const onProgress = (filled: number) => progress.update(`filling the logs: ${filled} of ${orders} orders`);
    const filledRows = await fillLogs({ logs, templates, orders, nextOrderAt, signal, onProgress });
    return { filledRows, rowsInAll: await countRows(logs) };
  } finally {
    // What is still beside the files goes into them now, and is a part of filling.
    await closeServiceLogs(logs);
  }
}

/** What is written back later would disturb what is measured meanwhile. */
function copyDurably(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
  const file = openSync(to, 'r+');
  fsyncSync(file);
  closeSync(file);
}
