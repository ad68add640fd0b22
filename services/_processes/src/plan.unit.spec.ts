import { describe, expect, it } from 'vitest';
import { environmentOf as startedWith, inheritedBy, type ProcessPlan, planProcesses } from './plan.ts';
import { loadServers } from './settings.ts';

const MYSQL_URL = 'mysql://root:secret@127.0.0.1:3306/ignored';
const KAFKA_BROKERS = '127.0.0.1:9092';
const secrets = { psp: 'a secret of the psp', carrier: 'a secret of the carrier' };
const urlOf = (service: string) => `mysql://${service}:secret@127.0.0.1:3306/checkout_${service}`;
const databaseUrls = {
  order: urlOf('order'),
  orchestrator: urlOf('orchestrator'),
  antifraud: urlOf('antifraud'),
  payment: urlOf('payment'),
  shipping: urlOf('shipping'),
};
const plan = (environment: Readonly<Record<string, string>>) =>
  planProcesses(loadServers(environment), secrets, databaseUrls);
const environmentOf = (plans: ReturnType<typeof plan>, wanted: string) =>
  plans.find(({ name }) => name === wanted)?.environment ?? {};

describe('the processes of the platform', () => {
  it('have neighbouring ports, and a database each', () => {
    const plans = plan({ MYSQL_URL, KAFKA_BROKERS, PORT: '9000' });
    expect(plans.map(({ name, url }) => `${name} ${url}`)).toEqual([
      'order http://127.0.0.1:9000',
      'orchestrator http://127.0.0.1:9001',
      'antifraud http://127.0.0.1:9002',
      'payment http://127.0.0.1:9003',
      'shipping http://127.0.0.1:9004',
      'sandbox http://127.0.0.1:9005',
    ]);
    expect(environmentOf(plans, 'shipping')).toMatchObject({
      MYSQL_URL: 'mysql://shipping:secret@127.0.0.1:3306/checkout_shipping',
      BUS: 'kafka',
      KAFKA_BROKERS,
      CARRIER_URL: 'http://127.0.0.1:9005/carrier',
      PORT: '9004',
    });
  });

  it.each([
    ['::1', 'http://[::1]:9000'],
    ['0.0.0.0', 'http://127.0.0.1:9000'],
  ])('that listen on %s find each other', (HOST, url) => {
    expect(plan({ MYSQL_URL, KAFKA_BROKERS, PORT: '9000', HOST })[0]?.url).toBe(url);
  });

  it('keep what is theirs: the sandbox knows no database and no broker', () => {
    const sandbox = environmentOf(plan({ MYSQL_URL, KAFKA_BROKERS }), 'sandbox');
    expect(Object.keys(sandbox)).not.toEqual(expect.arrayContaining(['MYSQL_URL']));
    expect(sandbox).toMatchObject({ PSP_WEBHOOK_SECRET: secrets.psp, DATA_DIR: '.data/services' });
  });

  it('inherit nothing that opens a database', () => {
    const environment = {
      MYSQL_URL,
      MYSQL_URL_FILE: '/run/url',
      MYSQL_PASSWORD_ORDER: 'secret',
      MYSQL_PASSWORD: 'more',
    };
    const shared = { MYSQL_CA_FILE: '/run/ca.pem', LOG_LEVEL: 'info' };
    expect(inheritedBy({ ...environment, ...shared })).toEqual(shared);
  });

  it('get no setting both by value and by file', () => {
    const files = { REDIS_URL_FILE: '/run/redis', PSP_WEBHOOK_SECRET_FILE: '/run/psp', JWT_KEY_FILE: '/run/key' };
    const payment = plan({ MYSQL_URL, KAFKA_BROKERS, REDIS_URL: 'redis://127.0.0.1' }).find(
      ({ name }) => name === 'payment',
    ) as ProcessPlan;
    const environment = startedWith(payment, { ...files, LOG_LEVEL: 'warn' });
    expect(environment).toEqual({ JWT_KEY_FILE: '/run/key', LOG_LEVEL: 'warn', ...payment.environment });
  });

  it('use RabbitMQ when that alone is named, or when BUS says so', () => {
    const RABBITMQ_URL = 'amqp://127.0.0.1';
    expect(environmentOf(plan({ MYSQL_URL, RABBITMQ_URL }), 'order')).toMatchObject({ BUS: 'rabbitmq', RABBITMQ_URL });
    expect(environmentOf(plan({ MYSQL_URL, RABBITMQ_URL, KAFKA_BROKERS }), 'order')['BUS']).toBe('kafka');
    expect(environmentOf(plan({ MYSQL_URL, RABBITMQ_URL, KAFKA_BROKERS, BUS: 'rabbitmq' }), 'order')['BUS']).toBe(
      'rabbitmq',
    );
  });

  it('use the servers of compose.yaml when none is named', () => {
    expect(loadServers({}).mysqlUrl).toBe('mysql://root:checkout@127.0.0.1:3306/');
    expect(environmentOf(plan({}), 'order')).toMatchObject({ BUS: 'kafka', KAFKA_BROKERS });
    expect(environmentOf(plan({ BUS: 'rabbitmq' }), 'order')['RABBITMQ_URL']).toBe('amqp://guest:guest@127.0.0.1:5672');
  });

  it('ask nobody who they are, unless AUTH says so; then they trust the sandbox, unless an issuer is named', () => {
    const trustOf = (environment: Readonly<Record<string, string>>) => {
      const { AUTH, JWT_ISSUER, JWT_AUDIENCE, JWT_JWKS_URL } = environmentOf(plan(environment), 'payment');
      return { AUTH, JWT_ISSUER, JWT_AUDIENCE, JWT_JWKS_URL };
    };
    const named = { JWT_ISSUER: 'https://issuer.test', JWT_AUDIENCE: 'shop', JWT_JWKS_URL: 'https://issuer.test/keys' };

    expect(trustOf({})).toEqual({ AUTH: 'off' });
    expect(trustOf({ AUTH: 'jwt' })).toEqual({
      AUTH: 'jwt',
      JWT_ISSUER: 'checkout-sandbox',
      JWT_AUDIENCE: 'checkout',
      JWT_JWKS_URL: 'http://127.0.0.1:8085/.well-known/jwks.json',
    });
    expect(trustOf({ AUTH: 'jwt', ...named })).toEqual({ AUTH: 'jwt', ...named });
    expect(() => plan({ AUTH: 'jwt', JWT_ISSUER: 'https://issuer.test' })).toThrow('JWT_AUDIENCE is not set');
  });

  it('are prepared by whoever is named beside the address', () => {
    const beside = { MYSQL_URL: 'mysql://db:3306/', MYSQL_USERNAME: 'a/b', MYSQL_PASSWORD: 'p@ss%' };
    expect(loadServers(beside).mysqlUrl).toBe('mysql://a%2Fb:p%40ss%25@db:3306/');
    expect(() => loadServers({ ...beside, MYSQL_URL })).toThrow('MYSQL_USERNAME is set (value hidden)');
  });

  it('are not planned on an address that is none', () => {
    expect(() => loadServers({ MYSQL_URL: 'localhost:3306' })).toThrow('MYSQL_URL is set (value hidden)');
    expect(() => plan({ KAFKA_BROKERS: 'localhost' })).toThrow('KAFKA_BROKERS');
  });
});
