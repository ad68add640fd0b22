import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Takes connections and never says a word. */
let silent: ReturnType<typeof createServer>;
let children: ChildProcess[];
/** Every server is one that answers nobody, except for what a test names. */
let nobody: Readonly<Record<string, string>>;
beforeEach(async () => {
  children = [];
  silent = createServer((socket) => void socket.on('error', () => {}));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const host = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  nobody = {
    MYSQL_URL: `mysql://a:hunter2@${host}/`,
    KAFKA_BROKERS: host,
    RABBITMQ_URL: `amqp://a:hunter2@${host}`,
    REDIS_URL: `redis://a:hunter2@${host}`,
  };
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  silent.close();
});

const doctor = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
  const child = spawn(process.execPath, [main, ...args], { env: { PATH: process.env['PATH'], ...environment } });
  children.push(child);
  const seen = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (seen.stderr += text));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...seen }));
  return { child, ended };
};

it('npm run doctor says what is broken in bounded time, in plain text, without a password', async () => {
  const { code, stdout, stderr } = await doctor([], nobody).ended;

  for (const server of ['MySQL', 'Kafka', 'RabbitMQ', 'Redis'])
    expect(stdout).toMatch(new RegExp(`^broken +${server} `, 'm'));
  expect(stdout).toMatch(/-> start it, or mend MYSQL_URL/);
  expect(stdout + stderr).not.toContain('hunter2');
  expect(stdout).not.toContain('\u001B');
  expect(stderr).toBe('');
  expect(code).toBe(1);
});

it('its JSON is the same for programs', async () => {
  const { code, stdout } = await doctor(['--json']).ended;
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: { about: string }[] };

  expect(findings.map(({ about }) => about)).toEqual(
    expect.arrayContaining(['Node', 'npm', 'ports', 'data directory', 'MySQL', 'Kafka', 'RabbitMQ', 'Redis']),
  );
  expect(code).toBe(ok ? 0 : 1);
});

it('it explains itself, and refuses what it does not know', async () => {
  const [helped, refused, misset] = await Promise.all([
    doctor(['--help']).ended,
    doctor(['--loud']).ended,
    doctor([], { PORT: 'many' }).ended,
  ]);
  expect(helped).toMatchObject({ code: 0, stdout: expect.stringContaining('npm run doctor') });
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(misset).toMatchObject({ code: 2, stderr: expect.stringContaining('PORT') });
});

it.each(['SIGINT', 'SIGTERM'] as const)('%s ends it at once, without a word', async (signal) => {
  const { child, ended } = doctor([], nobody);
  await once(silent, 'connection');
  child.kill(signal);

  expect(await ended).toMatchObject({ signal, stdout: '', stderr: '' });
});
