import { createVirtualClock } from '@checkout/kernel/testing';
import { createJoseTokenVerifier, createTokenKeys } from '@checkout/runtime';
import { createAppHttpClient, createSilentLogger } from '@checkout/runtime/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { testTokens } from '../src/composition.ts';
import { startSandbox } from './sandbox.driver.ts';

type Sandbox = Awaited<ReturnType<typeof startSandbox>>;

const wish = { subject: 'ada', scopes: ['orders:read', 'ops'] };

async function mint(sandbox: Sandbox, change: object = {}): Promise<string> {
  const answer = await sandbox.ask('POST', '/tokens', { ...wish, ...change });
  if (answer === 'no answer' || answer.status !== 201) throw new Error('no token');
  return String(answer.body['token']);
}

/** What a service that trusts the sandbox makes of a token. */
function verify(sandbox: Sandbox, token: string) {
  const { app, clock } = sandbox;
  const httpClient = createAppHttpClient({ clock, apps: { 'http://sandbox.test': (request) => app.request(request) } });
  const url = 'http://sandbox.test/.well-known/jwks.json';
  const keys = createTokenKeys({ url, httpClient, clock, logger: createSilentLogger() });
  return createJoseTokenVerifier({ ...testTokens, keys, clock }).verify(token);
}

describe('a test token', () => {
  test('proves what was asked for, until it expires', async () => {
    const sandbox = await startSandbox();
    const token = await mint(sandbox, { expiresInS: 60 });

    expect(await verify(sandbox, token)).toEqual({
      kind: 'genuine',
      token: { subject: 'ada', scopes: new Set(['orders:read', 'ops']) },
    });
    await sandbox.clock.advance(120_000);
    expect(await verify(sandbox, token)).toEqual({ kind: 'refused', fault: 'expired' });
    await sandbox.stop();
  });

  test('is good after a restart, and is not of another sandbox', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sandbox-tokens-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const config = { ledgerFile: join(directory, 'sandbox.db') };
    const clock = createVirtualClock();
    const first = await startSandbox({ config, clock });
    const tokens = await Promise.all([mint(first), mint(first)]);
    await first.stop();
    const second = await startSandbox({ config, clock });
    const other = await startSandbox({ clock });

    for (const token of tokens) {
      expect(await verify(second, token)).toMatchObject({ kind: 'genuine' });
      expect(await verify(other, token)).toEqual({ kind: 'refused', fault: 'unverifiable' });
    }
    await Promise.all([second.stop(), other.stop()]);
  });

  test('comes with a public key, and with nothing that signs', async () => {
    const sandbox = await startSandbox();
    await sandbox.setFaults({ psp: { down: true }, carrier: { down: true }, bureau: { down: true } });
    const answer = await sandbox.ask('GET', '/.well-known/jwks.json');

    expect(answer).toMatchObject({
      status: 200,
      body: { keys: [{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: expect.any(String) }] },
    });
    expect(JSON.stringify(answer)).not.toContain('"d":');
    await sandbox.stop();
  });

  test.each([
    { subject: '' },
    { subject: 'x'.repeat(129) },
    { scopes: ['two words'] },
    { scopes: 'ops' },
    { scopes: Array.from({ length: 21 }, () => 'ops') },
    { expiresInS: 0 },
    { expiresInS: 86_401 },
    { issuer: 'https://issuer.test' },
  ])('is not made of %j', async (change) => {
    const sandbox = await startSandbox();

    expect(await sandbox.ask('POST', '/tokens', { ...wish, ...change })).toMatchObject({ status: 422 });
    await sandbox.stop();
  });
});
