import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { patience } from '@checkout/kernel/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts';

let server: Server;
let proxy: TcpProxy;
/** What the server got. */
let heard: string;
let clients: Socket[];

/** A server that answers each piece with the same in capitals. */
beforeEach(async () => {
  heard = '';
  clients = [];
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      heard += piece.toString();
      socket.write(piece.toString().toUpperCase());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await createTcpProxy(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await proxy.close();
  server.close();
  await once(server, 'close');
});

async function dial(to: TcpProxy = proxy) {
  const { hostname, port } = new URL(to.url);
  const socket = connect(Number(port), hostname);
  clients.push(socket);
  let answer = '';
  socket.on('error', () => {});
  socket.on('data', (piece) => {
    answer += piece.toString();
  });
  await once(socket, 'connect');
  return { socket, answer: () => answer };
}

/** Whether anything arrives that should not: longer than it takes on this machine. */
const moment = () =>
  new Promise((resolve) => {
    setTimeout(resolve, 100);
  });

test('a line carries both ways', async () => {
  const { socket, answer } = await dial();
  socket.write('hello');
  await expect.poll(answer, patience).toBe('HELLO');
});

test('pieces keep their order also when a line is mended while one of them is held back', async () => {
  const { socket, answer } = await dial();
  let delays = 0;
  proxy.delay(() => {
    delays += 1;
    return 100;
  });
  socket.write('first ');
  await expect.poll(() => delays, patience).toBe(1);
  proxy.mend();
  socket.write('second');
  await expect.poll(answer, patience).toBe('FIRST SECOND');
  expect(heard).toBe('first second');
});

test('a line goes to the server that is named when it is opened, and stays there', async () => {
  const servers = ['first', 'second'].map((name) =>
    createServer((socket) => socket.on('data', () => socket.write(name))),
  );
  for (const each of servers) await once(each.listen(0, '127.0.0.1'), 'listening');
  const urls = servers.map((each) => `tcp://127.0.0.1:${(each.address() as AddressInfo).port}`);
  let chosen = urls[0] as string;
  const balancer = await createTcpProxy(chosen, () => chosen);

  const before = await dial(balancer);
  before.socket.write('?');
  await expect.poll(before.answer, patience).toBe('first');
  chosen = urls[1] as string;
  const after = await dial(balancer);
  after.socket.write('?');
  before.socket.write('?');
  await expect.poll(after.answer, patience).toBe('second');
  await expect.poll(before.answer, patience).toBe('firstfirst');

  await balancer.close();
  for (const each of servers) each.close();
});

test.each([
  ['unsent', ''],
  ['sent', 'commit'],
  ['answered', 'commit'],
] as const)(
  'a line that is held when a piece is %s hears nothing of it, and ends when it is released',
  async (when, got) => {
    const { socket, answer } = await dial();
    const other = await dial();
    const held = proxy.holdAt('commit', when);
    other.socket.write('begin');
    await expect.poll(other.answer, patience).toBe('BEGIN');
    heard = '';
    socket.write('commit');
    await held;
    await moment();
    expect({ heard, answer: answer() }).toEqual({ heard: got, answer: '' });
    const gone = once(socket, 'close');
    proxy.release();
    await gone;
    expect(answer()).toBe('');
    other.socket.write('commit');
    await expect.poll(other.answer, patience).toBe('BEGINCOMMIT');
  },
);

test('a line that is deaf brings the server what the client says, and the answer only when it is mended', async () => {
  const { socket, answer } = await dial();
  socket.write('a');
  await expect.poll(answer, patience).toBe('A');
  proxy.deafen();
  socket.write('b');
  await expect.poll(() => heard, patience).toBe('ab');
  await moment();
  expect(answer()).toBe('A');
  proxy.mend();
  await expect.poll(answer, patience).toBe('AB');
});
