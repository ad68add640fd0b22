import { createServer, type IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { AddressInfo } from 'node:net';
import type { ReceivedSpan, Receiver } from './received-span.ts';

/** Listens on a free port of this machine, and takes what an exporter sends. */
export async function openReceiver(
  isTraces: (path: string) => boolean,
  read: (body: Buffer) => readonly ReceivedSpan[],
): Promise<Receiver> {
  const received: ReceivedSpan[] = [];
  const paths = new Set<string>();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    paths.add(path);
    void bodyOf(request).then((body) => {
      const isTaken = isTraces(path);
      if (isTaken) received.push(...read(body));
      response.writeHead(isTaken ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    spans: () => received,
    paths: () => paths,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}
