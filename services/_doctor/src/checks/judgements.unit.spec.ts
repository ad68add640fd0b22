import { describe, expect, it } from 'vitest';
import type { Finding } from '../finding.ts';
import { judgeSpace } from './data-directory.ts';
import { judgeKafka, type KafkaFacts, type KafkaTopic } from './kafka.ts';
import { judgeMysql, type MysqlFacts } from './mysql.ts';
import { judgeNode } from './node.ts';
import { judgePorts, type PortState } from './ports.ts';
import { judgeRabbitmq } from './rabbitmq.ts';
import { judgeRedis, type RedisFacts } from './redis.ts';
import { type Address, unreachable } from './server.ts';

const address: Address = { about: 'It', host: 'host:1', isNamed: true, variable: 'IT_URL' };
/** State and words of all but the `ok` lines. */
const faults = (findings: readonly Finding[]) =>
  findings.filter(({ state }) => state !== 'ok').map(({ state, says }) => `${state}: ${says}`);
const clock = { serverMs: 1_000_500, askedMs: 1_000_000, answeredMs: 1_001_000 };

describe('MySQL', () => {
  const databases = ['checkout_order', 'checkout_payment'];
  const facts: MysqlFacts = {
    version: '8.4.3',
    grants: ['GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION'],
    databases: [],
    settings: { flushAtCommit: 1, syncBinlog: 1, hasBinlog: true, isReadOnly: false },
    clock,
  };
  const judge = (change: Partial<MysqlFacts>) => faults(judgeMysql(address, { ...facts, ...change }, databases));
  const brokenBy = (change: Partial<MysqlFacts>) => judge(change).filter((fault) => fault.startsWith('broken'));
  const setting = (change: Partial<MysqlFacts['settings']>) => judge({ settings: { ...facts.settings, ...change } });

  it('is fine', () => {
    expect(judge({})).toEqual([]);
    expect(judge({ version: '9.7.4-2' })).toEqual([]);
  });

  it.each(['5.7.44', '11.4.2-MariaDB', '7.6.1'])('of version %s is not supported', (version) => {
    expect(judge({ version })).toEqual([`broken: ${version} at host:1 is not supported`]);
  });

  it.each([
    'GRANT SELECT, INSERT, CREATE, DROP ON *.* TO `a`@`%`',
    'GRANT CREATE ON `checkout_%`.* TO `a`@`%`',
    'GRANT ALL PRIVILEGES ON `checkout\\_%`.* TO `a`@`%`',
  ])('lets a user make databases by %s', (grant) => {
    expect(brokenBy({ grants: ['GRANT USAGE ON *.* TO `a`@`%`', grant] })).toEqual([]);
  });

  it.each([
    'GRANT USAGE ON *.* TO `a`@`%`',
    'GRANT CREATE USER, CREATE VIEW, CREATE TEMPORARY TABLES ON *.* TO `a`@`%`',
    'GRANT ALL PRIVILEGES ON `shop\\_%`.* TO `a`@`%`',
    'GRANT ALL PRIVILEGES ON `checkout_order`.* TO `a`@`%`',
    'GRANT SELECT ON *.* TO `a`@`%`',
  ])('lets nobody make them by %s', (grant) => {
    expect(judge({ grants: [grant] })[0]).toMatch(/^broken: its user may not make .*checkout_payment$/);
  });

  it('needs no such right when they are there', () => {
    expect(brokenBy({ grants: [], databases })).toEqual([]);
  });

  it.each([
    'GRANT CREATE, CREATE USER ON *.* TO `a`@`%`',
    'GRANT CREATE ON *.* TO `a`@`%` WITH GRANT OPTION',
    'GRANT ALL PRIVILEGES ON `checkout\\_%`.* TO `a`@`%` WITH GRANT OPTION',
  ])('lets nobody make users by %s, which is a note', (grant) => {
    expect(judge({ grants: [grant] })).toEqual([expect.stringMatching(/^note: its user may not make others/)]);
  });

  it('that may forget is a warning, and one that takes no writes is broken', () => {
    expect(setting({ flushAtCommit: 2 })[0]).toMatch(/^warning: innodb_flush_log_at_trx_commit is 2/);
    expect(setting({ syncBinlog: 0 })[0]).toMatch(/^warning: sync_binlog is 0/);
    expect(setting({ syncBinlog: 0, hasBinlog: false })).toEqual([]);
    expect(setting({ isReadOnly: true })).toEqual(['broken: it is read-only']);
  });

  it('whose clock is off is a warning, or broken when it is far off; the answer’s way is no fault', () => {
    const at = (serverMs: number) => judge({ clock: { ...clock, serverMs } });
    expect(at(1_003_400)).toEqual(['warning: its clock and this machine’s differ by 2 s']);
    expect(at(1_002_400)).toEqual([]);
    expect(at(1_000_000 - 3_600_000)).toEqual(['broken: its clock and this machine’s differ by 3600 s']);
  });
});

describe('Kafka', () => {
  const topic: KafkaTopic = { name: 't', partitions: 16, replicas: 3, minInSync: 2 };
  const judge = (change: Partial<KafkaFacts>, replicationFactor = 1) =>
    faults(
      judgeKafka(
        address,
        { brokers: 3, topics: [topic], ...change },
        { topics: ['t', 'u'], partitions: 16, replicationFactor },
      ),
    );

  it('is fine, also when topics are still to be made', () => {
    expect(judge({})).toEqual([]);
    expect(judge({ topics: [] })).toEqual([]);
    expect(judge({ topics: [{ ...topic, replicas: 1, minInSync: 1 }] })).toEqual([]);
  });

  it('with another number of partitions than the logs is broken', () => {
    expect(judge({ topics: [{ ...topic, partitions: 8 }] })).toEqual([
      'broken: the logs have 16 partitions and these topics do not: t (8)',
    ]);
  });

  it('with fewer brokers than copies is broken while topics are to be made', () => {
    expect(judge({ brokers: 2 }, 3)).toEqual(['broken: KAFKA_REPLICATION is 3, and there are fewer brokers']);
    expect(judge({ brokers: 2, topics: [topic, { ...topic, name: 'u' }] }, 3)).toEqual([]);
  });

  it('that stops for one broker, or trusts one broker, is a warning', () => {
    expect(judge({ topics: [{ ...topic, minInSync: 3 }] })[0]).toMatch(/^warning: t takes no messages while one of 3/);
    expect(judge({ topics: [{ ...topic, minInSync: 1 }] })[0]).toMatch(/^warning: t acknowledges what a single broker/);
    expect(judge({ topics: [{ ...topic, minInSync: 4 }] })[0]).toMatch(/^broken: t wants 4 copies in sync and has 3/);
  });
});

describe('Redis', () => {
  const facts: RedisFacts = { version: '7.2.4', role: 'master', maxMemory: 1, evictionPolicy: 'allkeys-lru', clock };
  const judge = (change: Partial<RedisFacts>) => faults(judgeRedis(address, { ...facts, ...change }));

  it('is fine, also when its policy cannot be asked for', () => {
    expect(judge({})).toEqual([]);
    expect(judge({ evictionPolicy: undefined })).toEqual([]);
  });

  it.each([
    ['older than what is tested', { version: '6.0.16' }, 'warning'],
    ['takes no writes', { role: 'slave' }, 'broken'],
    ['may use all memory', { maxMemory: 0 }, 'note'],
    ['once full it takes nothing new', { evictionPolicy: 'noeviction' }, 'warning'],
    ['differ by', { clock: { ...clock, serverMs: 1_900_000 } }, 'broken'],
  ])('that is %s is told', (words, change, state) => {
    const [fault, ...others] = judge(change);
    expect(others).toEqual([]);
    expect(fault).toContain(words);
    expect(fault).toMatch(new RegExp(`^${state}: `));
  });
});

describe('RabbitMQ', () => {
  it('is fine from version 4 on', () => {
    expect(faults(judgeRabbitmq(address, '4.0.5'))).toEqual([]);
    expect(faults(judgeRabbitmq(address, '3.13.7'))[0]).toMatch(/^warning: 3\.13\.7 at host:1/);
  });
});

describe('a server that cannot be reached', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const wrapped = Object.assign(new Error('no broker'), { cause: refused });
  const denied = new Error('Access denied');

  it('is broken when somebody named it', () => {
    expect(unreachable(address, refused)).toMatchObject({ state: 'broken', mend: 'start it, or mend IT_URL' });
  });

  it.each([refused, wrapped, new Error('Connection error: getaddrinfo ENOTFOUND kafka')])(
    'is a note when nobody did, and nothing is there (%s)',
    (error) => {
      expect(unreachable({ ...address, isNamed: false }, error)).toMatchObject({
        state: 'note',
        says: 'not running at host:1, and none is named',
      });
    },
  );

  it('is a warning when nobody did, and something else is there', () => {
    expect(unreachable({ ...address, isNamed: false }, denied)).toMatchObject({ state: 'warning' });
  });
});

describe('Node', () => {
  const judge = (running: string, launching = running, npm: string | undefined = '11.0.0') =>
    faults(judgeNode({ running, launching, npm }));

  it('is fine when it is recent, or when the launcher brought a recent one', () => {
    expect(judge('v24.4.1')).toEqual([]);
    expect(judge('v24.4.1', 'v20.0.0')).toEqual([]);
  });

  it('that is too old is broken', () => {
    expect(judge('v22.9.0')[0]).toMatch(/^broken: 22\.9\.0 is too old for the services/);
    expect(judge('v24.4.1', 'v18.20.0')[0]).toMatch(/^broken: 18\.20\.0 is too old to start/);
  });

  it('without npm installs nothing', () => {
    expect(faults(judgeNode({ running: 'v24.4.1', launching: 'v24.4.1', npm: undefined }))[0]).toMatch(
      /^warning: not found/,
    );
  });
});

describe('ports', () => {
  const judge = (...states: readonly PortState[]) =>
    faults(judgePorts('127.0.0.1', new Map(states.map((state, index) => [8_080 + index, state]))));

  it('are fine when they are free', () => {
    expect(judge('free', 'free')).toEqual([]);
  });

  it('that are taken stop npm start, or only npm run services', () => {
    expect(judge('taken', 'free')[0]).toMatch(/^broken: another program listens at 127\.0\.0\.1:8080/);
    expect(judge('free', 'taken')[0]).toMatch(/^warning: .*8081: npm run services will not start/);
  });

  it('at which a platform answers are no fault', () => {
    expect(judge('ours', 'free')[0]).toMatch(/^note: a platform answers at 127\.0\.0\.1:8080/);
  });

  it('that cannot be had at all are broken', () => {
    expect(judge('forbidden', 'free')[0]).toMatch(/^broken: 8080 may not be used/);
    expect(judge('no address', 'no address')[0]).toMatch(/^broken: 127\.0\.0\.1 is no address/);
  });
});

describe('the data directory', () => {
  it.each([
    [2 ** 31, 'ok'],
    [2 ** 29, 'warning'],
    [2 ** 24, 'broken'],
  ])('with %i bytes free is %s', (bytes, state) => {
    expect(judgeSpace('/data', bytes)).toMatchObject({ state });
  });
});
