import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { type Welcome, welcomeText } from './welcome.ts';

const facts: Welcome = {
  url: 'http://127.0.0.1:8080',
  host: '127.0.0.1',
  pid: 4711,
  dataDir: '/data',
  auth: { kind: 'off' },
  idempotencyKey: 'key-1',
};
const jwt = { kind: 'jwt', audience: 'checkout', jwksUrl: 'https://issuer.test/keys' } as const;

test('says what runs and where, in commands that a shell takes apart as meant', () => {
  const text = welcomeText(facts);
  const [place = ''] = text.match(/curl .*Idempotency-Key.*/) ?? [];
  const words = execFileSync('/bin/sh', ['-c', `printf '%s\\n' ${place}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');

  expect(text).toContain('process 4711');
  expect(words.slice(0, 3)).toEqual(['curl', '-sS', 'http://127.0.0.1:8080/v1/orders']);
  expect(words).toContain('Idempotency-Key: key-1');
  expect(JSON.parse(words.at(-1) ?? '')).toMatchObject({ userId: 'u-1', paymentToken: 'tok_approve' });
});

test('warns louder when others can reach it', () => {
  expect(welcomeText(facts)).toContain('AUTH is off     whoever reaches this machine’s loopback');
  expect(welcomeText({ ...facts, host: '0.0.0.0' })).toContain('AUTH is off     WHOEVER REACHES 0.0.0.0');
});

test('shows how to get a token and how to use it, when it can', () => {
  const text = welcomeText({ ...facts, auth: { ...jwt, issuer: 'checkout-sandbox' } });
  const [mint = ''] = /TOKEN=\$\((.*?)\| sed/s.exec(text)?.slice(1) ?? [];
  const words = execFileSync('/bin/sh', ['-c', `printf '%s\n' ${mint}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  const [, unwrap = ''] = /\| (sed .*)\)\n/.exec(text) ?? [];
  const token = execFileSync('/bin/sh', ['-c', `printf '%s' '{"token":"a.b-_.c","expiresInS":1}' | ${unwrap}`]);

  expect(text).toContain('AUTH is jwt     by test tokens');
  expect(words).toContain('http://127.0.0.1:8080/sandbox/tokens');
  expect(JSON.parse(words.at(-1) ?? '')).toMatchObject({ subject: 'u-1' });
  expect(token.toString().trim()).toBe('a.b-_.c');
  expect(text.match(/-H "Authorization: Bearer \$TOKEN"/g)).toHaveLength(2);
});

test('gives no tokens of others', () => {
  const text = welcomeText({ ...facts, auth: { ...jwt, issuer: 'https://issuer.test' } });

  expect(text).toContain('AUTH is jwt     by the tokens of https://issuer.test');
  expect(text).not.toContain('/sandbox/tokens');
});
