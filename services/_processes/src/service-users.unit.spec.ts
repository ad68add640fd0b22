import { services } from '@checkout/contracts';
import { createSystemClock } from '@checkout/runtime';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { derivedPassword, loadPasswords } from './service-users.ts';

const password = 'a password of sixteen and more';

describe('the passwords of the services', () => {
  it('are named one by one, or lie in files', () => {
    const directory = mkdtempSync(join(tmpdir(), 'passwords-'));
    const file = join(directory, 'payment');
    try {
      writeFileSync(file, `${password}\n`);
      const environment = { MYSQL_PASSWORD_ORDER: 'that of the order service', MYSQL_PASSWORD_PAYMENT_FILE: file };
      expect(loadPasswords(environment, ['order', 'payment'], { isRequired: true })).toEqual({
        order: 'that of the order service',
        payment: password,
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('are all asked for at once where they are needed, and none is guessed', () => {
    expect(() => loadPasswords({}, services, { isRequired: true })).toThrow(
      /MYSQL_PASSWORD_ORDER is not set.*_ORCHESTRATOR.*_ANTIFRAUD.*_PAYMENT.*_SHIPPING is not set/,
    );
    expect(loadPasswords({}, ['order'], { isRequired: false })).toEqual({ order: undefined });
  });

  it('that are short are refused, and not repeated', () => {
    const load = () => loadPasswords({ MYSQL_PASSWORD_ORDER: 'hunter2' }, ['order'], { isRequired: false });
    expect(load).toThrow('MYSQL_PASSWORD_ORDER is set (value hidden), expected a secret of at least 16 characters');
    expect(load).not.toThrow('hunter2');
  });
});

describe('a derived password', () => {
  const clock = createSystemClock();
  const derive = (serverUrl: string, prefix = 'checkout_', service: (typeof services)[number] = 'order') =>
    derivedPassword({ serverUrl, prefix, clock }, service);
  const server = 'mysql://root:checkout@127.0.0.1:3306/';

  it('is the same for the same server, and another for anything else', () => {
    const one = derive(server);
    expect(derive(server)).toBe(one);
    const others = [
      derive(server.replace(':checkout@', ':other@')),
      derive(server, 'shop_'),
      derive(server, 'checkout_', 'payment'),
    ];
    expect(new Set([one, ...others]).size).toBe(4);
    expect(one).toMatch(/^[\w-]{43}$/);
  });
});
