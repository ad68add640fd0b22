import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { rabbitmqCheck } from './rabbitmq.ts';

const url = process.env['RABBITMQ_URL'];
const address = { about: 'RabbitMQ', host: 'the broker', isNamed: true, variable: 'RABBITMQ_URL' };
const run = (at: string) => rabbitmqCheck(address, at).run(new AbortController().signal);

describe.skipIf(url === undefined)('a real RabbitMQ', () => {
  it('is examined', async () => {
    expect(await run(url ?? '')).toMatchObject([{ says: expect.stringMatching(/^\d+\.\d+\.\d+ at the broker/) }]);
  });

  it('that does not let us in is broken, and no password is told', async () => {
    const wrong = Object.assign(new URL(url ?? ''), { username: 'nobody', password: 'hunter2-hunter2' }).href;
    const findings = await run(wrong);
    expect(findings).toMatchObject([{ state: 'broken', says: expect.stringContaining('ACCESS') }]);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });
});
