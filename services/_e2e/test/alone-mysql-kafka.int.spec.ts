import process from 'node:process';
import { describe } from 'vitest';
import { testAlone } from './alone.ts';
import { mysqlUrl, settingsOnServers } from './alone-on-servers.ts';

describe.skipIf(mysqlUrl === undefined || process.env['KAFKA_BROKERS'] === undefined)(
  'services alone, on MySQL and kafka',
  () => {
    testAlone(() => settingsOnServers('kafka'));
  },
);
