import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import type { AuthenticationProviderArgs } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { type KafkaSasl, saslMechanism } from './login.ts';

/** As Kafka frames what a login sends. */
const framed = (text: string) => {
  const size = Buffer.alloc(4);
  size.writeInt32BE(Buffer.byteLength(text));
  return Buffer.concat([size, Buffer.from(text)]);
};
const unframed = (bytes: Buffer) => bytes.subarray(4).toString();

/** A login's dialogue with a broker that answers like `answer`. */
async function logIn(sasl: ReturnType<typeof saslMechanism>, answer: (said: string) => string): Promise<void> {
  const logger = { debug: () => {}, error: () => {} };
  const args = {
    host: 'broker',
    port: 9092,
    logger: logger as unknown as AuthenticationProviderArgs['logger'],
    async saslAuthenticate({ request, response }) {
      const said = unframed(await request.encode());
      const payload = await response?.decode(framed(answer(said)));
      return payload === undefined ? undefined : response?.parse(payload);
    },
  } satisfies AuthenticationProviderArgs;
  await sasl.authenticationProvider(args).authenticate();
}

/** A broker's half of SCRAM, that knows one password. */
function scramBroker(digest: 'sha256' | 'sha512', known: { readonly username: string; readonly password: string }) {
  const [salt, iterations] = [Buffer.from('salt of the test'), 4_096];
  const bytes = digest === 'sha256' ? 32 : 64;
  const hmac = (key: Buffer, text: string) => createHmac(digest, key).update(text).digest();
  const salted = pbkdf2Sync(known.password, salt, iterations, bytes, digest);
  let exchange: readonly string[] = [];
  return (said: string) => {
    const [, username, nonce] = /^n,,n=(.*),r=(.*)$/.exec(said) ?? [];
    if (nonce !== undefined) {
      if (username !== known.username) return 'e=unknown-user';
      const first = `r=${nonce}more,s=${salt.toString('base64')},i=${iterations}`;
      exchange = [said.slice('n,,'.length), first];
      return first;
    }
    const [, final = '', proof = ''] = /^(.*),p=(.*)$/.exec(said) ?? [];
    const message = [...exchange, final].join(',');
    const key = hmac(salted, 'Client Key');
    const stored = createHash(digest).update(key).digest();
    const expected = hmac(stored, message).map((byte, index) => byte ^ (key[index] ?? 0));
    if (!Buffer.from(proof, 'base64').equals(expected)) return 'e=invalid-proof';
    return `v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`;
  };
}

describe('a login at Kafka', () => {
  const login = { username: 'order', password: 'the first, with = and ,' };
  const saslOf = (mechanism: KafkaSasl['mechanism'], of = login) =>
    saslMechanism({ mechanism, username: () => of.username, password: () => of.password });

  it('by PLAIN says name and password as they are now', async () => {
    const rotating = { ...login };
    const sasl = saslOf('plain', rotating);
    const said: string[] = [];
    const listen = (text: string) => {
      said.push(text);
      return '';
    };
    await logIn(sasl, listen);
    rotating.password = 'the second';
    await logIn(sasl, listen);
    expect(said).toEqual(['\0order\0the first, with = and ,', '\0order\0the second']);
  });

  it.each([
    ['scram-sha-256', 'sha256'],
    ['scram-sha-512', 'sha512'],
  ] as const)('by %s proves the password that there is now', async (mechanism, digest) => {
    const rotating = { ...login };
    const sasl = saslOf(mechanism, rotating);
    await logIn(sasl, scramBroker(digest, login));

    const changed = { ...login, password: 'the second' };
    await expect(logIn(sasl, scramBroker(digest, changed))).rejects.toThrow('invalid-proof');
    rotating.password = changed.password;
    await logIn(sasl, scramBroker(digest, changed));
  });

  it('that is refused does not tell the password', async () => {
    const refused = logIn(saslOf('plain'), () => {
      throw new Error('Authentication failed');
    });
    await expect(refused).rejects.toThrow(/^SASL PLAIN authentication failed: Authentication failed$/);
  });

  it('whose password cannot be had fails, and may succeed the next time', async () => {
    let password = () => {
      throw new Error('KAFKA_PASSWORD_FILE cannot be read any more');
    };
    const sasl = saslMechanism({ mechanism: 'plain', username: () => 'order', password: () => password() });
    await expect(logIn(sasl, () => '')).rejects.toThrow('KAFKA_PASSWORD_FILE cannot be read any more');
    password = () => 'there again' as never;
    await logIn(sasl, () => '');
  });

  it('is not promised by another kafkajs than the one that is known', () => {
    const sasl = { mechanism: 'plain', username: () => 'order', password: () => 'secret' } as const;
    expect(() => saslMechanism(sasl, () => ({}))).toThrow('kafkajs must be 2.2.4');
  });
});
