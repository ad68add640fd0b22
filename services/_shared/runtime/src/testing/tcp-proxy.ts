import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A server's address as its clients see it, with a switch on the line. */
export type TcpProxy = {
  /** The given URL, by way of the proxy. */
  readonly url: string;
  /** Nothing goes through any more, on open connections and new ones: a black hole, as of a stopped server. */
  hang(): void;
  /** Ends the open connections and refuses new ones, as of a server that is gone. */
  cut(): void;
  /** Lets everything through again; what was held back arrives. */
  mend(): void;
  close(): Promise<void>;
};

/** A proxy on the loopback interface before the server that a URL names. */
export async function createTcpProxy(url: string): Promise<TcpProxy> {
  const target = new URL(url);
  const pairs = new Set<readonly [Socket, Socket]>();
  let state: 'open' | 'hung' | 'cut' = 'open';

  const server = createServer((client) => {
    if (state === 'cut') return void client.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [upstream, client] as const]) {
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    if (state === 'open') join(pair);
  });
  const join = ([client, upstream]: readonly [Socket, Socket]) => {
    client.pipe(upstream);
    upstream.pipe(client);
  };
  const endAll = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const proxied = new URL(url);
  proxied.hostname = '127.0.0.1';
  proxied.port = String((server.address() as AddressInfo).port);
  return {
    url: proxied.href,
    hang() {
      state = 'hung';
      for (const pair of pairs) {
        for (const socket of pair) {
          socket.unpipe();
          socket.pause();
        }
      }
    },
    cut() {
      state = 'cut';
      endAll();
    },
    mend() {
      if (state === 'hung') for (const pair of pairs) join(pair);
      state = 'open';
    },
    close() {
      endAll();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
