import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Check } from '../finding.ts';
import { dataDirectoryCheck } from './data-directory.ts';
import { kafkaCheck } from './kafka.ts';
import { mysqlCheck } from './mysql.ts';
import { nodeCheck } from './node.ts';
import { portsCheck } from './ports.ts';
import { rabbitmqCheck } from './rabbitmq.ts';
import { redisCheck } from './redis.ts';
import type { Address } from './server.ts';

const needs = { topics: ['t'], partitions: 16, replicationFactor: 1 };
const checks: readonly (readonly [string, (address: Address, host: string) => Check])[] = [
  ['MySQL', (address, host) => mysqlCheck(address, { url: `mysql://a:secret@${host}/` }, ['checkout_order'])],
  ['Kafka', (address, host) => kafkaCheck(address, { brokers: [host] }, needs)],
  ['RabbitMQ', (address, host) => rabbitmqCheck(address, `amqp://a:secret@${host}`)],
  ['Redis', (address, host) => redisCheck(address, { url: `redis://a:secret@${host}` })],
];

/** Takes connections and never says a word. */
let server: ReturnType<typeof createServer>;
let sockets: Socket[];
let port: number;
beforeEach(async () => {
  sockets = [];
  server = createServer((socket) => void sockets.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
const close = async () => {
  if (!server.listening) return;
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
};
afterEach(close);

const runOne = async (check: Check) => (await check.run(new AbortController().signal))[0];
const at = (about: string, isNamed: boolean): Address => ({
  about,
  host: `127.0.0.1:${port}`,
  isNamed,
  variable: `${about}_URL`,
});

const encrypted: readonly (readonly [string, (address: Address, host: string) => Check])[] = [
  ['Kafka', (address, host) => kafkaCheck(address, { brokers: [host], tls: {} }, needs)],
  ['Redis', (address, host) => redisCheck(address, { url: `rediss://${host}`, ca: () => 'an authority' })],
];

it.each(encrypted)('%s is spoken to in TLS where the services do so', async (about, checkAt) => {
  const handshake = 0x16;
  const heard = once(server, 'connection').then(([socket]) => once(socket as Socket, 'data'));
  const finding = runOne(checkAt(at(about, true), `127.0.0.1:${port}`));
  const [bytes] = (await heard) as [Buffer];
  await close();

  expect(bytes[0]).toBe(handshake);
  expect(await finding).toMatchObject({ state: 'broken' });
});

describe.each(checks)('%s', (about, checkAt) => {
  const run = (isNamed: boolean) => runOne(checkAt(at(about, isNamed), `127.0.0.1:${port}`));

  it('at a closed port is broken when it was named, and a note when it was not', async () => {
    await close();
    expect(await run(true)).toMatchObject({ about, state: 'broken', says: expect.stringContaining('ECONNREFUSED') });
    expect(await run(false)).toMatchObject({ about, state: 'note' });
  });

  it('that takes the connection and says nothing is given up, and its password not told', async () => {
    const finding = await run(true);
    expect(finding).toMatchObject({ about, state: 'broken' });
    expect(JSON.stringify(finding)).not.toContain('secret');
  });
});

describe('ports', () => {
  const stateOf = async () => (await runOne(portsCheck('127.0.0.1', port, 1)))?.state;

  it('are free, taken by somebody, or ours', async () => {
    expect(await stateOf()).toBe('broken');
    for (const socket of sockets) socket.destroy();
    server.removeAllListeners('connection').on('connection', (socket: Socket) => {
      socket
        .on('error', () => {})
        .resume()
        .end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"links":{"logVerification":"/ops"}}');
    });
    expect(await stateOf()).toBe('note');
    await close();
    expect(await stateOf()).toBe('ok');
  });

  it('of another machine are no address', async () => {
    expect(await runOne(portsCheck('192.0.2.1', port, 1))).toMatchObject({ state: 'broken' });
  });
});

describe('the data directory', () => {
  it('is tried where it would be made, and left as it was', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'doctor-'));
    try {
      expect(await runOne(dataDirectoryCheck(join(directory, 'not', 'yet')))).not.toMatchObject({
        says: expect.stringContaining('cannot be written'),
      });
      expect(readdirSync(directory)).toEqual([]);
      writeFileSync(join(directory, 'a-file'), '');
      expect(await runOne(dataDirectoryCheck(join(directory, 'a-file')))).toMatchObject({ state: 'broken' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('Node', () => {
  it('is the one that npm names, and npm too', async () => {
    const environment = { npm_node_execpath: process.execPath, npm_config_user_agent: 'npm/10.2.3 node/v20.1.0' };
    const findings = await nodeCheck(environment, process.version).run(new AbortController().signal);
    expect(findings.map(({ about }) => about)).toEqual(['Node', 'npm']);
    expect(findings[1]).toMatchObject({ state: 'ok', says: '10.2.3' });
  });
});
