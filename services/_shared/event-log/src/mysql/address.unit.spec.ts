import { describe, expect, it } from 'vitest';
import { connectionOf, inDatabase } from './address.ts';

const url = 'mysql://db.test:3306/order';

describe('the address of a database', () => {
  it('takes name, password and certificates as they are at each login', () => {
    const known = { name: 'order', password: 'the first', ca: 'one authority' };
    const address = { url, username: () => known.name, password: () => known.password, ca: () => known.ca };
    const first = connectionOf(address);
    Object.assign(known, { password: 'the second', ca: 'another authority' });
    const second = connectionOf(address);

    expect(first).toMatchObject({ uri: url, user: 'order', password: 'the first', ssl: { ca: 'one authority' } });
    expect(second).toMatchObject({ user: 'order', password: 'the second', ssl: { ca: 'another authority' } });
  });

  it('with certificates is not satisfied with less than the server’s own name', () => {
    expect(connectionOf({ url, ca: () => 'an authority' }).ssl).toEqual({
      ca: 'an authority',
      rejectUnauthorized: true,
      verifyIdentity: true,
    });
    expect(connectionOf({ url })).not.toHaveProperty('ssl');
  });

  it('is the same in another database', () => {
    const address = { url: 'mysql://order:a%2Fb@db.test/order', ca: () => 'an authority' };
    expect(inDatabase(address, 'other')).toEqual({ ...address, url: 'mysql://order:a%2Fb@db.test/other' });
  });

  it.each(['', 'localhost:3306', 'postgres://order:secret@db/order'])(
    'is not %j, and that does not tell it',
    (wrong) => {
      expect(() => connectionOf({ url: wrong })).toThrow(
        /^the address of the database is not like mysql:\/\/user:password@host:3306\/database$/,
      );
    },
  );
});
