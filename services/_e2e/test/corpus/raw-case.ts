import { connect, type Socket } from 'node:net';
import type { RawCase } from './notation.ts';

/** What a connection said until it was over, in Latin-1. */
export type Said = {
  readonly statuses: readonly number[];
  readonly closed: boolean;
  readonly text: string;
  readonly ms: number;
};

/** What should not come is waited for this long. */
const quietMs = 150;
const hangMs = 4_000;

/** Writes the bytes of a case to a connection of its own, and listens until all is said. */
export async function converse(url: string, { send, leaves, expect }: RawCase): Promise<Said> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const heard = listen(socket);
  const startedAt = performance.now();
  for (const part of send) {
    if (typeof part === 'number') await pause(part);
    else if (!heard.closed()) socket.write(Buffer.from(part, 'latin1'));
  }
  if (leaves) {
    await pause(quietMs);
    socket.destroy();
    return { statuses: statusesIn(heard.text()), closed: false, text: heard.text(), ms: 0 };
  }
  const isComplete = () =>
    expect.closes ? heard.closed() : statusesIn(heard.text()).length >= expect.statuses.length || heard.closed();
  while (!isComplete() && performance.now() - startedAt < hangMs) await pause(5);
  const ms = performance.now() - startedAt;
  if (!expect.closes) await pause(quietMs);
  const closed = heard.closed();
  socket.destroy();
  return { statuses: statusesIn(heard.text()), closed, text: heard.text(), ms };
}

function listen(socket: Socket) {
  let text = '';
  let isClosed = false;
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  // A reset is one way to close.
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
  });
  return { text: () => text, closed: () => isClosed };
}

function statusesIn(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n/g)].map(([, status]) => Number(status));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
