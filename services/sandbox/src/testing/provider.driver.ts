import { createTestApp, send } from '@checkout/http/testing';
import { createSeededIds, createSeededRandom, type VirtualClock } from '@checkout/kernel/testing';
import { type HttpRequest, signWebhook } from '@checkout/runtime';
import { type AppFetch, createAppHttpClient, createSilentLogger, type NetworkFault } from '@checkout/runtime/testing';
import { composeSandbox } from '../composition.ts';

export type ProviderName = 'psp' | 'carrier' | 'bureau';

/** One try of a call to the provider. */
export type Sent = {
  /** Unix milliseconds. */
  readonly at: number;
  readonly method: string;
  /** Behind the provider's base URL. */
  readonly path: string;
  readonly key?: string;
};

/** What the network between a service and the provider does from now on; all requests are meant unless told otherwise. */
export type NetworkSetting = (fault: NetworkFault | undefined, isMeant?: (request: HttpRequest) => boolean) => void;

export type ProviderDriverOptions = {
  readonly provider: ProviderName;
  readonly clock: VirtualClock;
  /** The service under test, which answers the provider's webhooks; by default they are taken and forgotten. */
  readonly service?: AppFetch;
};

/** What a signed webhook is made of. */
export type WebhookParts = {
  readonly secret?: string;
  readonly id?: string;
  /** How long ago it was signed, milliseconds. */
  readonly ageMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
};

const webhookSecret = 'a secret for tests';
/** Where the service under test is, as the provider knows it. */
const serviceOrigin = 'http://service.test';
const sandboxOrigin = 'http://sandbox.test';

/** What the provider says instead: another body, or another answer. */
type AnswerChange = (body: string) => string | Response;

/**
 * One provider of the sandbox and the network that leads to it, on virtual time and with books of its own. The sandbox is
 * composed as it is for production; the network is simulated.
 */
export async function startProvider(options: ProviderDriverOptions) {
  const { provider, clock, service = () => new Response(null, { status: 204 }) } = options;
  const sent: Sent[] = [];
  let faultOf: (request: HttpRequest) => NetworkFault | undefined = () => undefined;
  let changeAnswer: AnswerChange = (body) => body;

  const webhookTo = { url: `${serviceOrigin}/v1/webhooks/${provider}`, secret: webhookSecret };
  const sandbox = composeSandbox({
    config: {
      ledgerFile: ':memory:',
      deliveryMs: 500,
      webhooks: provider === 'bureau' ? {} : { [provider]: webhookTo },
    },
    clock,
    ids: createSeededIds(2),
    random: createSeededRandom(2),
    logger: createSilentLogger(),
    httpClient: createAppHttpClient({ clock, apps: { [serviceOrigin]: service } }),
  });
  await sandbox.start();
  const app = createTestApp([sandbox.module], clock);

  const network = createAppHttpClient({
    clock,
    apps: {
      async [sandboxOrigin](request) {
        const response = await app.request(request);
        const { status, headers } = response;
        const changed = changeAnswer(await response.text());
        return changed instanceof Response ? changed : new Response(changed, { status, headers });
      },
    },
    faultOf: (request) => {
      const key = request.headers?.['idempotency-key'];
      const path = new URL(request.url).pathname.replace(`/${provider}`, '');
      sent.push({ at: clock.now(), method: request.method, path, ...(key !== undefined && { key }) });
      return faultOf(request);
    },
  });
  const setNetwork: NetworkSetting = (fault, isMeant = () => true) => {
    faultOf = (request) => (isMeant(request) ? fault : undefined);
  };

  return {
    /** The provider's base URL. */
    url: `${sandboxOrigin}/${provider}`,
    /** The service's way to the provider. */
    network,
    webhookSecret,
    /** Every try that the service made, also those that the network swallowed. */
    sent,
    setNetwork,
    /** The provider's answers say something else, from now on. */
    setAnswers: (change: AnswerChange) => {
      changeAnswer = change;
    },
    /** In the words of `PUT /faults`, for this provider. */
    setFaults: async (faults: Readonly<Record<string, number | boolean>>) => {
      const { status } = await send(app, 'PUT', '/faults', { body: { [provider]: faults } });
      if (status !== 200) throw new Error(`the sandbox does not take these faults: ${status}`);
    },
    /** What the provider's books say of an order, in the words of `GET /ledger`; `undefined` when they have nothing. */
    ledgerOf: async (orderId: string): Promise<unknown> => {
      const { body } = await send(app, 'GET', `/ledger?orderId=${orderId}`);
      const books = body as { readonly payments: readonly unknown[]; readonly shipments: readonly unknown[] };
      return provider === 'carrier' ? books.shipments[0] : books.payments[0];
    },
    /** Somebody else asks something of the provider, past the service. */
    askByHand: async (path: string, body: object = {}) => {
      const headers = { 'Idempotency-Key': 'by hand' };
      const { status } = await send(app, 'POST', `/${provider}${path}`, { body, headers });
      if (status >= 300) throw new Error(`the provider refuses ${path}: ${status}`);
    },
    /** A webhook as this provider signs it, for the service under test. */
    webhook: (body: unknown, parts: WebhookParts = {}) => {
      const { secret = webhookSecret, id = 'w-1', ageMs = 0, headers = {} } = parts;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const timestamp = String(Math.floor((clock.now() - ageMs) / 1000));
      return {
        path: `/v1/webhooks/${provider}`,
        body: text,
        headers: {
          'Webhook-Id': id,
          'Webhook-Timestamp': timestamp,
          'Webhook-Signature': signWebhook(secret, { id, timestamp, body: text }),
          ...headers,
        },
      };
    },
    stop: async () => {
      sandbox.endStreams();
      await sandbox.stop();
      await sandbox.close();
    },
  };
}
