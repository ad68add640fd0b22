import process from 'node:process';
import { createTestAuthority } from '@checkout/runtime/testing';
import { describe, expect, it } from 'vitest';
import { mysqlCheck } from './mysql.ts';

const url = process.env['MYSQL_URL'];
const address = { about: 'MySQL', host: 'the server', isNamed: true, variable: 'MYSQL_URL' };
const run = (at: string, ca?: () => string) =>
  mysqlCheck(address, { url: at, ca }, ['doctor_one', 'doctor_two']).run(new AbortController().signal);

describe.skipIf(url === undefined)('a real MySQL', () => {
  it('is examined, and nothing of it is broken', async () => {
    const findings = await run(url ?? '');
    expect(findings[0]).toMatchObject({ state: 'ok', says: expect.stringMatching(/^\d+\.\d+\.\d+.* at the server$/) });
    expect(findings.filter(({ state }) => state === 'broken')).toEqual([]);
  });

  it('that does not let us in is broken, and no password is told', async () => {
    const wrong = Object.assign(new URL(url ?? ''), { username: 'nobody', password: 'hunter2-hunter2' }).href;
    const [finding, ...others] = await run(wrong);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ state: 'broken', says: expect.stringContaining('Access denied') });
    expect(JSON.stringify(finding)).not.toContain('hunter2');
  });

  it('whose certificate is of another authority is broken', async () => {
    const { certificate } = createTestAuthority();
    expect(await run(url ?? '', () => certificate)).toMatchObject([{ state: 'broken' }]);
  });
});
