import type { Options, SocketOptions } from 'amqplib';

export type RabbitmqAddress = {
  /** `amqp://` or, with TLS, `amqps://`; holds user, password and virtual host. */
  readonly url: string;
  /** Before the name of every exchange and queue: several installations may share a broker. Empty by default. */
  readonly prefix?: string;
};

/** Two of them missed, and the other side counts as gone. */
const heartbeatSeconds = 5;
const connectTimeoutMs = 5_000;

/** @throws Error when the URL is none */
export function connectOptionsOf({ url }: RabbitmqAddress): Options.Connect {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const isSecure = protocol === 'amqps:';
  return {
    protocol: protocol.slice(0, -1),
    // The brackets of an IPv6 address belong to the URL.
    hostname: hostname.replaceAll(/^\[|\]$/g, ''),
    port: port === '' ? (isSecure ? 5671 : 5672) : Number(port),
    // Without credentials, RabbitMQ's own for local use.
    username: username === '' ? 'guest' : decodeURIComponent(username),
    password: username === '' ? 'guest' : decodeURIComponent(password),
    vhost: pathname.length <= 1 ? '/' : decodeURIComponent(pathname.slice(1)),
    heartbeat: heartbeatSeconds,
  };
}

/** @param name what the broker's operators see of the connection */
export function socketOptions(name: string): SocketOptions {
  return {
    timeout: connectTimeoutMs,
    noDelay: true,
    keepAlive: true,
    clientProperties: { connection_name: `checkout ${name}` },
  };
}
