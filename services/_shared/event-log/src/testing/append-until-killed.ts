/**
 * A process that appends to a SQLite log and says what the log has acknowledged, one line each, until it is killed or has
 * appended as many units as it was asked for. Run by the specs of the SQLite adapter.
 *
 * Arguments: file, number of the process (its orders are its own), units to append (none: no end).
 */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@checkout/kernel';
import { createEventLog } from '../event-log.ts';
import { createSqliteStorage } from '../sqlite/index.ts';
import { anOrder, aUnit, testIdentity, testTable } from './units.builder.ts';

const [file = '', processNumber = '0', units = 'Infinity'] = process.argv.slice(2);
const callers = 8;
const stdout = 1;

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms) => sleep(ms),
  setTimer: () => () => {},
  nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
};
const storage = createSqliteStorage({ file, identity: testIdentity, table: testTable, clock });
const log = createEventLog({ storage, clock });

let appended = 0;
const call = async () => {
  while (appended < Number(units)) {
    appended += 1;
    const order = anOrder(appended % testIdentity.partitions, Number(processNumber) * 1_000_000 + appended);
    const { outcomes } = await log.append({ units: [aUnit(order, 0), aUnit(order, 1)] });
    for (const outcome of outcomes) {
      if (outcome.kind !== 'appended') throw new Error(`${order}: ${outcome.kind}`);
      for (const row of outcome.rows) {
        // Synchronous, so that the line is out before anything else can happen to this process.
        writeSync(stdout, `${row.partition} ${row.position} ${row.streamId} ${row.version}\n`);
      }
    }
  }
};
await Promise.all(Array.from({ length: callers }, call));
await log.close();
