import process from 'node:process';
import { describe, expect, it } from 'vitest';
import type { RedisAddress } from '@checkout/cache/redis';
import { redisCheck } from './redis.ts';

const url = process.env['REDIS_URL'];
const address = { about: 'Redis', host: 'the server', isNamed: true, variable: 'REDIS_URL' };
const run = (at: string, login: Omit<RedisAddress, 'url'> = {}) =>
  redisCheck(address, { url: at, ...login }).run(new AbortController().signal);

describe.skipIf(url === undefined)('a real Redis', () => {
  it('is examined, and nothing of it is broken', async () => {
    const findings = await run(url ?? '');
    expect(findings[0]).toMatchObject({ says: expect.stringMatching(/^\d+\.\d+\.\d+ at the server/) });
    expect(findings.filter(({ state }) => state === 'broken')).toEqual([]);
  });

  it('that does not let us in is broken, and no password is told', async () => {
    const wrong = Object.assign(new URL(url ?? ''), { username: 'nobody', password: 'hunter2-hunter2' }).href;
    const findings = await run(wrong);
    expect(findings).toMatchObject([{ state: 'broken', says: expect.stringMatching(/WRONGPASS|invalid/) }]);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  it('is asked as the one who is named beside its address', async () => {
    const findings = await run(url ?? '', { username: () => 'nobody', password: () => 'hunter2-hunter2' });
    expect(findings).toMatchObject([{ state: 'broken', says: expect.stringMatching(/WRONGPASS|invalid/) }]);
  });
});
