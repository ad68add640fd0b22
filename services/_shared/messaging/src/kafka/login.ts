import { createRequire } from 'node:module';
import { connect as connectPlain, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { AuthenticationProviderArgs, Authenticator, ISocketFactory, KafkaConfig, Mechanism } from 'kafkajs';

/** Who logs in at the brokers. */
export type KafkaSasl = {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  /** Asked for at every login, so that a new one is used from the next connection on. */
  readonly username: () => string;
  readonly password: () => string;
};

/** How connections are encrypted; the brokers have to have a certificate for the name that they are called by. */
export type KafkaTls = {
  /** The only ones that brokers' certificates may be of, in PEM, asked for at every connection. Without it, those that Node knows. */
  readonly ca?: (() => string) | undefined;
};

/** What a client needs to reach brokers that are encrypted, or that want to know who is there. */
export function loginOptions({
  tls,
  sasl,
}: {
  readonly tls?: KafkaTls | undefined;
  readonly sasl?: KafkaSasl | undefined;
}): Pick<KafkaConfig, 'socketFactory' | 'sasl'> {
  return { socketFactory: socketFactory(tls), ...(sasl && { sasl: saslMechanism(sasl) }) };
}

type Login = { readonly username: string; readonly password: string };
type AuthenticationProvider = (login: Login) => (args: AuthenticationProviderArgs) => Authenticator;

const directory = 'kafkajs/src/broker/saslAuthenticator';
const files = { plain: 'plain', 'scram-sha-256': 'scram256', 'scram-sha-512': 'scram512' } as const;
const keepAliveMs = 60_000;

/**
 * kafkajs' own logins, each with the name and the password of its moment: by itself kafkajs keeps those that it was made with.
 * A broker that ends sessions after a time is logged in to anew in the same way.
 *
 * @throws Error when kafkajs is not built as it was: the pinned version was changed
 */
export function saslMechanism(
  { mechanism, username, password }: KafkaSasl,
  load: (module: string) => unknown = createRequire(import.meta.url),
): Mechanism {
  const path = `${directory}/${files[mechanism]}`;
  const provider = load(path);
  if (typeof provider !== 'function') throw new Error(`${path} is no login: kafkajs must be 2.2.4`);
  return {
    mechanism,
    authenticationProvider: (args) => ({
      async authenticate() {
        const login = { username: username(), password: password() };
        await (provider as AuthenticationProvider)(login)(args).authenticate();
      },
    }),
  };
}

/** Connections to brokers, with the certificates of their moment. */
export function socketFactory(tls: KafkaTls | undefined): ISocketFactory {
  return ({ host, port, onConnect }) => {
    const socket = tls === undefined ? connectPlain({ host, port }, onConnect) : encrypted(tls, host, port, onConnect);
    socket.setKeepAlive(true, keepAliveMs);
    return socket;
  };
}

function encrypted({ ca }: KafkaTls, host: string, port: number, onConnect: () => void) {
  return connectTls(
    {
      host,
      port,
      // An address is no name that a server could be asked for.
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca: ca() }),
    },
    onConnect,
  );
}
