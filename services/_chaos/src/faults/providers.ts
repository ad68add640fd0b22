import type { Arena, Provider } from '../arena.ts';
import type { Fault, Proof } from '../fault.ts';
import { mendLines } from './servers.ts';

const forMs = 15_000;
const flapMs = 2_000;

type ProviderFault = {
  readonly name: string;
  readonly does: string;
  readonly faults: Readonly<Partial<Record<Provider, Readonly<Record<string, number | boolean>>>>>;
  /** Of the misfortunes that the sandbox counts, those that are this fault; all when it is left out. */
  readonly counts?: string;
};

const settings: readonly ProviderFault[] = [
  {
    name: 'psp-timeout',
    does: 'half of the payments get no answer and never happen',
    faults: { psp: { lostRate: 0.5 } },
    counts: 'lost',
  },
  {
    name: 'psp-late-landing',
    does: 'half of the payments get no answer and happen 8 s later',
    faults: { psp: { timeoutRate: 0.5, lateLandingMs: 8_000 } },
  },
  { name: 'psp-errors', does: 'half of the payments get a 500', faults: { psp: { errorRate: 0.5 } } },
  { name: 'psp-rate-limited', does: 'half of the payments get a 429', faults: { psp: { rateLimitRate: 0.5 } } },
  { name: 'psp-down', does: 'the payment provider resets every connection', faults: { psp: { down: true } } },
  {
    name: 'psp-webhooks-wild',
    does: 'webhooks come twice, and up to 5 s late, so that they overtake each other',
    faults: {
      psp: { duplicateWebhookRate: 1, webhookDelayMs: 5_000 },
      carrier: { duplicateWebhookRate: 1, webhookDelayMs: 5_000 },
    },
  },
  {
    name: 'psp-wrong-amount',
    does: 'a third of what the payment provider says names other amounts than its books',
    faults: { psp: { wrongAmountRate: 0.33 } },
    counts: 'wrong-amount',
  },
  { name: 'carrier-down', does: 'the carrier resets every connection', faults: { carrier: { down: true } } },
  {
    name: 'carrier-timeout',
    does: 'half of the bookings get no answer and happen 8 s later',
    faults: { carrier: { timeoutRate: 0.5, lateLandingMs: 8_000 } },
  },
  { name: 'bureau-down', does: 'the fraud bureau resets every connection', faults: { bureau: { down: true } } },
];

const put = (arena: Arena, faults: ProviderFault['faults']) =>
  arena.client.send('PUT', '/sandbox/faults', { body: faults }).then(() => undefined);
const heal = (arena: Arena) => arena.client.send('DELETE', '/sandbox/faults').then(() => undefined);

/** The sandbox is late with what it was asked for before the fault was taken back, and with nothing after that. */
function lateLandingMsOf(faults: ProviderFault['faults']): number | undefined {
  const late = Object.values(faults).flatMap(({ lateLandingMs }) =>
    lateLandingMs === undefined ? [] : [lateLandingMs],
  );
  return late.length === 0 ? undefined : Math.max(...late.map(Number));
}

/** Counts the misfortunes that the sandbox made while `work` ran. */
async function counted(arena: Arena, work: () => Promise<void>, what = ''): Promise<Proof> {
  const before = await arena.metric('sandbox_faults_total', what);
  await work();
  const times = (await arena.metric('sandbox_faults_total', what)) - before;
  return { times, seen: `${times} misfortunes${what && ` (${what})`}` };
}

const lines = (arena: Arena) => arena.of('payment').flatMap(({ provider }) => provider ?? []);

export const providerFaults: readonly Fault[] = [
  ...settings.map(({ name, does, faults, counts }): Fault => ({
    name,
    does: `${does}, for ${forMs / 1000} s`,
    landsWithinMs: lateLandingMsOf(faults),
    strike(arena) {
      const strike = async () => {
        await put(arena, faults);
        await arena.clock.sleep(forMs);
        await heal(arena);
      };
      return counted(arena, strike, counts);
    },
    heal,
  })),
  {
    name: 'providers-flapping',
    does: `carrier and bureau go down and come back every ${flapMs / 1000} s`,
    strike: (arena) =>
      counted(arena, async () => {
        for (let elapsed = 0; elapsed < forMs; elapsed += 2 * flapMs) {
          await put(arena, { carrier: { down: true }, bureau: { down: true } });
          await arena.clock.sleep(flapMs);
          await heal(arena);
          await arena.clock.sleep(flapMs);
        }
      }),
    heal,
  },
  {
    name: 'psp-slow-drip',
    does: `every piece between payment and its provider comes 400 ms late, for ${forMs / 1000} s`,
    async strike(arena) {
      const before = await arena.metric('provider_tries_total', 'psp');
      for (const line of lines(arena)) line.delay(() => 400);
      await arena.clock.sleep(forMs);
      await mendLines(lines(arena));
      const times = (await arena.metric('provider_tries_total', 'psp')) - before;
      return { times, seen: `${times} calls on a slow line` };
    },
    heal: (arena) => mendLines(lines(arena)),
  },
  {
    name: 'psp-one-way',
    does: `what payment asks arrives at the provider, and no answer comes back, for ${forMs / 1000} s`,
    async strike(arena) {
      const unanswered = () => arena.metric('provider_tries_total', 'ambiguous');
      const before = await unanswered();
      for (const line of lines(arena)) line.deafen();
      await arena.clock.sleep(forMs);
      await mendLines(lines(arena));
      const times = (await unanswered()) - before;
      return { times, seen: `${times} calls without an answer` };
    },
    heal: (arena) => mendLines(lines(arena)),
  },
];
