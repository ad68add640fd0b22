import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBus } from '../testing/bus.contract.ts';
import { memoryWorld, sqliteWorld } from '../testing/embedded-worlds.ts';

const inDirectory = (apart: boolean) => {
  const directory = mkdtempSync(join(tmpdir(), 'embedded-bus-'));
  return sqliteWorld(directory, { apart }, () => rmSync(directory, { recursive: true }));
};

describeBus('embedded, over logs in memory', memoryWorld);
describeBus('embedded, over SQLite logs of one process', () => inDirectory(false));
describeBus('embedded, over the files of other processes', () => inDirectory(true));
