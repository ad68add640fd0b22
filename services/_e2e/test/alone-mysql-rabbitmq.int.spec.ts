import process from 'node:process';
import { describe } from 'vitest';
import { testAlone } from './alone.ts';
import { mysqlUrl, settingsOnServers } from './alone-on-servers.ts';

describe.skipIf(mysqlUrl === undefined || process.env['RABBITMQ_URL'] === undefined)(
  'services alone, on MySQL and rabbitmq',
  () => {
    testAlone(() => settingsOnServers('rabbitmq'));
  },
);
