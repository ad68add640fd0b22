import type { AddressInfo } from 'node:net';
import { createServer, type Server, TLSSocket } from 'node:tls';
import { createTestAuthority } from '@checkout/runtime/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { type KafkaTls, socketFactory } from './login.ts';

const authority = createTestAuthority();
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function portOf(certificate: ReturnType<typeof authority.issue>): Promise<number> {
  const server = createServer({ cert: certificate.certificate, key: certificate.key }, (socket) => socket.end());
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return (server.address() as AddressInfo).port;
}

/** Resolves with what the connection is, when it stands. */
const connect = (tls: KafkaTls, port: number) =>
  new Promise<string>((resolve, reject) => {
    const onConnect = () => {
      const protocol = socket instanceof TLSSocket ? socket.getProtocol() : null;
      socket.destroy();
      resolve(protocol ?? 'plain');
    };
    // kafkajs hands over a made-up `ssl` when it has none.
    const socket = socketFactory(tls)({ host: 'localhost', port, ssl: {}, onConnect });
    socket.on('error', reject);
  });

describe('an encrypted connection to a broker', () => {
  it('stands when the certificate is of the authority and for the name', async () => {
    const port = await portOf(authority.issue('localhost'));
    expect(await connect({ ca: () => authority.certificate }, port)).toMatch(/^TLSv1\.[23]$/);
  });

  it('is refused to another authority’s, to another name’s, and to nobody’s that Node knows', async () => {
    const port = await portOf(authority.issue('localhost'));
    await expect(connect({ ca: () => createTestAuthority().certificate }, port)).rejects.toThrow(/certificate/);
    await expect(connect({}, port)).rejects.toThrow(/certificate/);
    const another = await portOf(authority.issue('another'));
    await expect(connect({ ca: () => authority.certificate }, another)).rejects.toThrow(/altnames/);
  });

  it('looks at the certificates anew each time', async () => {
    const port = await portOf(authority.issue('localhost'));
    const trusted = { ca: createTestAuthority().certificate };
    const tls = { ca: () => trusted.ca };
    await expect(connect(tls, port)).rejects.toThrow(/certificate/);
    trusted.ca = authority.certificate;
    expect(await connect(tls, port)).toMatch(/^TLS/);
  });
});
