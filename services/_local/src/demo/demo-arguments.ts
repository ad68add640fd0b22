import { parseArgs } from 'node:util';
import { firstSentence, wholeNumber } from '@checkout/cli';

export type DemoRun = {
  readonly kind: 'run';
  readonly orders: number;
  readonly concurrency: number;
  /** The platform to use; without it one at the default address is used if it answers, else one is started. */
  readonly url: string | undefined;
  readonly seed: number;
  /** What `PUT /sandbox/faults` gets. */
  readonly faults: Readonly<Record<string, unknown>> | undefined;
  readonly json: boolean;
};

export type DemoArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly message: string }
  | DemoRun;

const maxOrders = 1_000_000;
const maxConcurrency = 512;

/** Reads the arguments of `npm run demo --`. */
export function readDemoArguments(argv: readonly string[]): DemoArguments {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        orders: { type: 'string', default: '1000' },
        concurrency: { type: 'string', default: '32' },
        url: { type: 'string' },
        seed: { type: 'string', default: '1' },
        faults: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    return {
      kind: 'run',
      orders: wholeNumber('--orders', values.orders, { min: 1, max: maxOrders }),
      concurrency: wholeNumber('--concurrency', values.concurrency, { min: 1, max: maxConcurrency }),
      url: values.url === undefined ? undefined : baseUrl(values.url),
      seed: wholeNumber('--seed', values.seed, { min: 0, max: Number.MAX_SAFE_INTEGER }),
      faults: values.faults === undefined ? undefined : jsonObject(values.faults),
      json: values.json,
    };
  } catch (error) {
    return { kind: 'refused', message: `${firstSentence(error)}, see: npm run demo -- --help` };
  }
}

export const demoHelpText = `Places orders of every kind, waits for their ends, and holds the orders against the books of the sandbox's providers.

  npm run demo -- --orders <n>        orders to place (1000)
                  --concurrency <n>   requests under way at once (32)
                  --url <url>         the platform to use (http://127.0.0.1:8080, or PORT)
                  --seed <n>          the same seed gives the same mix of orders (1)
                  --faults <json>     what the sandbox's providers do wrong meanwhile, as PUT /sandbox/faults takes it
                  --json              the report as JSON
                  --help              this text

Without --url, and when nothing answers at the default address, it starts a platform of its own and takes it away again.
A platform that asks who calls (AUTH=jwt) is shown a test token of its sandbox; if it trusts another issuer, give one in TOKEN.
The platform may be killed and started again meanwhile. Exit 0: money OK. Exit 1: it is not, or the run failed.
`;

function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return text.replace(/\/+$/, '');
  throw new Error(`--url ${JSON.stringify(text)} is not an http or https URL`);
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, like any other text that is no object.
  }
  throw new Error(`--faults ${JSON.stringify(text)} is not a JSON object`);
}
