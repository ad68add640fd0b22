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
  /** Holds each piece back for so many milliseconds, asked anew for each; pieces keep their order. */
  delay(nextMs: () => number): void;
  /**
   * The next piece from a client with this text in it ends its connection: the server has got it, and the client never
   * hears what came of it. Resolves when that has happened and the server has answered into the void.
   */
  cutBehind(text: string): Promise<void>;
  /** Hangs as soon as a piece from a client with this text in it is through. Resolves then. */
  hangBehind(text: string): Promise<void>;
  /**
   * Stops the line of the next piece from a client with this text in it: before the server has got it, when it has been sent,
   * or when the server's answer is there and the client has not got it. Resolves then. Nothing moves on that line any more.
   */
  holdAt(text: string, moment: 'unsent' | 'sent' | 'answered'): Promise<void>;
  /** Ends the lines that `holdAt` stopped, with what they held back, and waits for no piece any more. */
  release(): void;
  /** What servers send is held back, and what clients send goes through. */
  deafen(): void;
  close(): Promise<void>;
};

type Line = { readonly client: Socket; readonly server: Socket };
/** `spring` is called when the piece is through, or instead of that. */
type Trap = { readonly text: string; readonly spring: (line: Line) => void; readonly instead?: boolean };

/**
 * A proxy on the loopback interface before the server that a URL names.
 *
 * @param serverOf asked for each connection: the server that it goes to, of several that the URL stands for
 */
export async function createTcpProxy(url: string, serverOf: () => string = () => url): Promise<TcpProxy> {
  const lines = new Set<Line>();
  const held = new Set<Line>();
  /** Whose last piece is held back: what they send behind it has to wait. */
  const delayed = new Set<Socket>();
  let state: 'open' | 'hung' | 'deaf' | 'cut' = 'open';
  let nextDelayMs = () => 0;
  let trap: Trap | undefined;

  const acceptor = createServer((client) => {
    if (state === 'cut') return void client.destroy();
    const { port, hostname } = new URL(serverOf());
    const line: Line = { client, server: connect(Number(port), hostname) };
    lines.add(line);
    carry(line, 'client', 'server');
    carry(line, 'server', 'client');
  });

  const carry = (line: Line, sender: keyof Line, receiver: keyof Line) => {
    const from = line[sender];
    const to = line[receiver];
    const goOn = () => {
      if (state === 'open' || (state === 'deaf' && sender === 'client')) from.resume();
    };
    from.on('error', () => to.destroy());
    from.on('close', () => {
      to.destroy();
      lines.delete(line);
      delayed.delete(from);
    });
    from.on('data', (piece) => {
      from.pause();
      const pass = () => {
        delayed.delete(from);
        if (sender !== 'client' || trap === undefined || !piece.includes(trap.text)) return to.write(piece, goOn);
        const { spring, instead } = trap;
        trap = undefined;
        return instead ? spring(line) : to.write(piece, () => spring(line));
      };
      const delayMs = nextDelayMs();
      if (delayMs <= 0) return pass();
      delayed.add(from);
      setTimeout(pass, delayMs);
    });
    if (state === 'hung' || (state === 'deaf' && sender === 'server')) from.pause();
  };

  const cutLine = ({ client, server }: Line, sprung: () => void) => {
    client.removeAllListeners('close');
    server.removeAllListeners('data');
    server.once('data', () => {
      server.destroy();
      sprung();
    });
    server.resume();
    client.destroy();
  };

  const hold = (line: Line, moment: 'sent' | 'answered', sprung: () => void) => {
    held.add(line);
    line.server.removeAllListeners('data');
    line.server.pause();
    if (moment === 'sent') return sprung();
    line.server.once('data', () => {
      line.server.pause();
      sprung();
    });
    line.server.resume();
  };

  const hang = () => {
    state = 'hung';
    for (const { client, server } of lines) {
      client.pause();
      server.pause();
    }
  };
  const end = ({ client, server }: Line) => {
    client.destroy();
    server.destroy();
  };
  const endAll = () => lines.forEach(end);

  await new Promise<void>((resolve) => {
    acceptor.listen(0, '127.0.0.1', resolve);
  });
  const proxied = new URL(url);
  proxied.hostname = '127.0.0.1';
  proxied.port = String((acceptor.address() as AddressInfo).port);
  return {
    url: proxied.href,
    hang,
    cut() {
      state = 'cut';
      endAll();
    },
    mend() {
      state = 'open';
      nextDelayMs = () => 0;
      for (const socket of [...lines].flatMap(({ client, server }) => [client, server])) {
        if (!delayed.has(socket)) socket.resume();
      }
    },
    delay(nextMs) {
      nextDelayMs = nextMs;
    },
    cutBehind: (text) =>
      new Promise((resolve) => {
        trap = { text, spring: (line) => cutLine(line, resolve) };
      }),
    hangBehind: (text) =>
      new Promise((resolve) => {
        trap = {
          text,
          spring() {
            hang();
            resolve();
          },
        };
      }),
    holdAt: (text, moment) =>
      new Promise((resolve) => {
        trap = {
          text,
          instead: moment === 'unsent',
          spring(line) {
            if (moment !== 'unsent') return hold(line, moment, resolve);
            held.add(line);
            resolve();
          },
        };
      }),
    release() {
      trap = undefined;
      for (const line of held) end(line);
      held.clear();
    },
    deafen() {
      state = 'deaf';
      for (const { server } of lines) server.pause();
    },
    close() {
      endAll();
      return new Promise((resolve) => {
        acceptor.close(() => resolve());
      });
    },
  };
}
