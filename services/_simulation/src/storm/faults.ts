import type { Dice } from '../world/dice.ts';

/** How often each fault strikes where it can, and how badly. 0 = this run does without it. */
export type Storm = {
  readonly durationMs: number;
  /** Instances of each service. */
  readonly instances: number;
  readonly orders: number;

  /** Per storage call. */
  readonly readFails: number;
  readonly commitRollsBack: number;
  readonly commitAnswerLost: number;
  /** Mean milliseconds between spells in which a database takes no writes. */
  readonly readOnlyEveryMs: number;
  readonly storageLatencyMs: number;

  /** How messages travel: read from the producers' logs, or through relays and a broker. */
  readonly transport: 'embedded' | 'broker';
  /** Per publication, and per offset that a consumer commits. */
  readonly publishFails: number;
  readonly publishAckLost: number;
  readonly offsetLost: number;
  readonly rebalanceEveryMs: number;
  readonly rewindEveryMs: number;
  readonly skipEveryMs: number;

  /** Per wake-up of a reader: it never comes, and the reader's own poll has to find the rows. */
  readonly wakeLost: number;
  readonly wakeDelayMs: number;
  /** No wake-up ever comes, not even when the storm is over: they are hints, and everything works without them. */
  readonly neverWakes: boolean;

  /** Per call to a provider. */
  readonly requestRefused: number;
  readonly requestLost: number;
  readonly answerLost: number;
  readonly requestTwice: number;
  readonly networkLatencyMs: number;

  /** Mean milliseconds between crashes of some process, and the probability of one at each port call. */
  readonly crashEveryMs: number;
  readonly crashAtCall: number;
  /** Stops in good order, as a rollout does. */
  readonly stopEveryMs: number;
  readonly pauseEveryMs: number;
  readonly clockJumpEveryMs: number;

  /** Milliseconds between two restarts of a rollout that goes over the instances; 0 for no rollout. */
  readonly rolloutPauseMs: number;
  /** Per message: builds before the rollout do not know its type, or cannot read it. */
  readonly newerType: number;
  readonly newerShape: number;

  /**
   * The payment provider never confirms the voids and refunds of `tok_void_fails`, which many orders carry here, not even when
   * the storm is over; and it leaves many outcomes unknown for long.
   */
  readonly neverVoids: boolean;
  /** In the words of `PUT /faults`. */
  readonly providers: Readonly<Record<'psp' | 'carrier' | 'bureau', Readonly<Record<string, number>>>>;

  /** Per order. */
  readonly clientSendsTwice: number;
  readonly clientGivesUp: number;
  readonly clientCancels: number;
};

/** What is counted, in words. Those of the providers the sandbox counts itself. */
export const faultTitles = {
  readFails: 'storage: a read fails',
  commitRollsBack: 'storage: a commit rolls back',
  commitAnswerLost: 'storage: the answer to a commit is lost',
  readOnlyEveryMs: 'storage: a commit meets a read-only spell',
  wakeLost: 'bus: a wake-up is lost',
  publishFails: 'bus: a publication is refused',
  publishAckLost: 'bus: an acknowledgement is lost',
  offsetLost: 'bus: a committed offset is lost',
  rebalanceEveryMs: 'bus: the partitions are dealt anew',
  rewindEveryMs: 'bus: a group begins at 0 again',
  skipEveryMs: 'bus: a group begins at the end',
  requestRefused: 'network: a connection is refused',
  requestLost: 'network: a request is lost',
  answerLost: 'network: an answer is lost',
  requestTwice: 'network: a request comes twice',
  crashEveryMs: 'process: killed',
  crashAtCall: 'process: crashes at a call',
  stopEveryMs: 'process: stops in good order',
  restart: 'process: started again',
  rolloutPauseMs: 'process: restarted by a rollout',
  newerType: 'release: a message of an unknown type',
  newerShape: 'release: an unreadable message',
  pauseEveryMs: 'process: stands still',
  clockJumpEveryMs: 'process: its clock is set',
  clientSendsTwice: 'client: sends twice',
  clientGivesUp: 'client: gives up',
  clientCancels: 'client: cancels',
  operatorRetries: 'operator: tries again',
  operatorRedrives: 'operator: redrives dead letters',
} as const;

export type FaultName = keyof typeof faultTitles;

const webhookFaults = ['webhook-dropped', 'webhook-doubled', 'webhook-delayed'] as const;

/** Misfortunes that the sandbox's providers count, as `readProviderFaults` names them. */
export const providerFaultTitles: readonly string[] = [
  ...['error', 'rate-limited', 'silent', 'late', 'lost', 'wrong-amount', ...webhookFaults].map((f) => `psp ${f}`),
  ...['error', 'rate-limited', 'silent', 'late', ...webhookFaults].map((f) => `carrier ${f}`),
  ...['error', 'rate-limited', 'late'].map((f) => `bureau ${f}`),
];

/** Each fault is left out of so many runs, so that the others are also seen without it (swarm testing, Groce et al. 2012). */
const switchedOff = 0.3;

/**
 * Every second run has a theme: faults of one kind, so dense that one meets the next, and the defences behind the first
 * defence are reached.
 */
const themes = ['release', 'restarts', 'providers'] as const;
const themed = 0.5;

/** Draws a storm. */
export function drawStorm(dice: Dice, orders: number): Storm {
  const some = (value: number) => (dice.chance(switchedOff) ? 0 : value);
  const rate = (max: number) => some(max * dice.next() ** 2);
  const every = (minMs: number, maxMs: number) => some(dice.between(minMs, maxMs));
  const theme = dice.chance(themed) ? dice.pick(themes) : undefined;
  const provider = (lateLandingMs: readonly [number, ...number[]]) => ({
    timeoutRate: theme === 'providers' ? 0.5 : rate(0.4),
    lateLandingMs: theme === 'providers' ? dice.pick(lateLandingMs) : some(dice.pick(lateLandingMs)),
    errorRate: theme === 'providers' ? 0.6 : rate(0.4),
    rateLimitRate: rate(0.2),
    latencyMs: some(dice.between(1, 800)),
  });
  const hooks = () => ({
    webhookRate: dice.chance(switchedOff) ? 1 : dice.next(),
    duplicateWebhookRate: rate(0.6),
    webhookDelayMs: some(dice.pick([1_000, 5_000, 20_000])),
  });
  const neverVoids = dice.chance(0.04);
  const neverWakes = dice.chance(0.08);
  const storm: Storm = {
    durationMs: dice.between(theme === 'providers' || neverVoids ? 40 : 5, 60) * 1_000,
    instances: dice.between(1, 3),
    orders,
    readFails: rate(0.1),
    commitRollsBack: rate(0.15),
    commitAnswerLost: rate(0.15),
    readOnlyEveryMs: every(5_000, 40_000),
    storageLatencyMs: theme === 'restarts' ? 80 : some(dice.between(1, 40)),
    transport: dice.pick(['embedded', 'broker']),
    publishFails: rate(0.2),
    publishAckLost: rate(0.2),
    offsetLost: rate(0.2),
    rebalanceEveryMs: every(2_000, 20_000),
    rewindEveryMs: every(10_000, 60_000),
    skipEveryMs: 0,
    wakeLost: neverWakes ? 1 : rate(0.5),
    wakeDelayMs: some(dice.between(1, 50)),
    neverWakes,
    requestRefused: rate(0.2),
    requestLost: rate(0.1),
    answerLost: rate(0.2),
    requestTwice: rate(0.2),
    networkLatencyMs: some(dice.between(1, 60)),
    crashEveryMs: every(1_000, 15_000),
    crashAtCall: some(0.01 * dice.next() ** 2),
    stopEveryMs: theme === 'restarts' ? 250 : every(2_000, 20_000),
    pauseEveryMs: every(5_000, 30_000),
    clockJumpEveryMs: every(5_000, 30_000),
    neverVoids,
    ...(theme === 'release'
      ? {
          rolloutPauseMs: dice.between(4_000, 16_000),
          newerType: dice.pick([0, 0, 0.3]),
          newerShape: dice.pick([0.1, 0.3]),
        }
      : { rolloutPauseMs: every(100, 8_000), newerType: rate(0.3), newerShape: rate(0.3) }),
    providers: {
      // Ten minutes are long enough for everybody to have given up, and cost a run as much as ten others: they are rare.
      psp: {
        ...provider(dice.chance(0.03) ? [600_000] : [500, 2_000, 15_000, 90_000]),
        ...hooks(),
        ...(neverVoids && { timeoutRate: 0.6, lateLandingMs: 40_000, errorRate: 0.4 }),
      },
      carrier: { ...provider([500, 2_000, 15_000, 40_000]), ...hooks() },
      bureau: provider([500, 2_000]),
    },
    clientSendsTwice: rate(0.6),
    clientGivesUp: rate(0.3),
    clientCancels: theme === 'release' ? 0.4 : rate(0.4),
  };
  const wrongAmountRate = dice.chance(0.25) ? 0.6 * dice.next() : 0;
  // From now and then to nearly everything.
  const skipEveryMs = dice.chance(0.3) ? Math.round(100 * 80 ** dice.next()) : 0;
  const { providers } = storm;
  return { ...storm, skipEveryMs, providers: { ...providers, psp: { ...providers.psp, wrongAmountRate } } };
}

/** What a quiet world is like: everything works. */
export function calm(storm: Storm): Storm {
  return {
    ...storm,
    readFails: 0,
    commitRollsBack: 0,
    commitAnswerLost: 0,
    readOnlyEveryMs: 0,
    storageLatencyMs: 0,
    publishFails: 0,
    publishAckLost: 0,
    offsetLost: 0,
    rebalanceEveryMs: 0,
    rewindEveryMs: 0,
    skipEveryMs: 0,
    wakeLost: storm.neverWakes ? 1 : 0,
    wakeDelayMs: 1,
    requestRefused: 0,
    requestLost: 0,
    answerLost: 0,
    requestTwice: 0,
    networkLatencyMs: 1,
    crashEveryMs: 0,
    crashAtCall: 0,
    stopEveryMs: 0,
    pauseEveryMs: 0,
    clockJumpEveryMs: 0,
  };
}

/** How often each fault struck. */
export type Strikes = {
  readonly count: (fault: FaultName) => void;
  readonly struck: (fault: FaultName) => boolean;
  readonly counts: () => Readonly<Record<string, number>>;
};

export function createStrikes(): Strikes {
  const counts: Record<string, number> = {};
  return {
    count: (fault) => {
      const title = faultTitles[fault];
      counts[title] = (counts[title] ?? 0) + 1;
    },
    struck: (fault) => faultTitles[fault] in counts,
    counts: () => counts,
  };
}
