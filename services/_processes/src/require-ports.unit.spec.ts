import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePorts } from '@checkout/runtime';
import { expect, it } from 'vitest';
import { processNames } from './plan.ts';
import { requirePorts } from './require-ports.ts';

const host = '127.0.0.1';

it('names the ports that are taken, and what to set', async () => {
  const port = await freePorts(processNames.length);
  await expect(requirePorts({ host, port })).resolves.toBeUndefined();

  const server = createServer().listen(port + 2, host);
  await once(server, 'listening');
  try {
    await expect(requirePorts({ host, port })).rejects.toThrow(
      `${port + 2} of the ports ${port} to ${port + 5} on ${host} is taken: set PORT to the first of 6 free ones`,
    );
  } finally {
    server.close();
    await once(server, 'close');
  }
});

it('says so when the address is none of this machine', async () => {
  await expect(requirePorts({ host: '192.0.2.1', port: 8080 })).rejects.toThrow(/192\.0\.2\.1.*set HOST or PORT/);
});
