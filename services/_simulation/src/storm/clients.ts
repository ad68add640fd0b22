import type { HttpClient, HttpResult } from '@checkout/runtime';
import { services } from '@checkout/contracts';
import { originOf } from '../run/services.ts';
import type { Dice } from '../world/dice.ts';
import type { SimulatedProcess } from '../world/simulated-process.ts';
import type { Trace } from '../world/trace.ts';
import type { Strikes } from './faults.ts';
import type { OrderPlan } from './order-plans.ts';

/** An answer with 2xx: from then on the order may not be lost. */
export type Acknowledgement = { readonly userId: string; readonly key: string; readonly orderId: string };

export type Clients = {
  readonly start: () => void;
  /** What waits for a person waits from now on. */
  readonly sendOperatorHome: () => void;
  /** Every client has its answer, or has given up. */
  readonly areDone: () => boolean;
  readonly acknowledged: () => readonly Acknowledgement[];
  /** Those that wanted an order, and those that gave up before they had an answer. */
  readonly counts: () => { readonly clients: number; readonly gaveUp: number };
  /** Answers that no client should ever get, and dead letters that should not be. */
  readonly surprises: () => readonly string[];
};

/** A saga or a dead letter, as its service lists it. */
type Listed = { readonly orderId: string; readonly reason?: string; readonly detail?: string };

const timeoutMs = 5_000;
const retryBaseMs = 100;
const retryCapMs = 5_000;
/** What has not helped so often will not help. */
const maxRetries = 3;

/** People who order, send twice, give up, change their minds; those who review; and an operator who tries again. */
export function createClients(deps: {
  readonly plans: readonly OrderPlan[];
  readonly process: SimulatedProcess;
  readonly httpClient: HttpClient;
  readonly dice: Dice;
  readonly strikes: Strikes;
  readonly trace: Trace;
}): Clients {
  const { plans, process, httpClient, dice, strikes, trace } = deps;
  const { clock } = process;
  const acknowledged: Acknowledgement[] = [];
  const surprises: string[] = [];
  let open = plans.length;
  let gaveUp = 0;
  let isOperatorThere = true;

  const post = (origin: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: unknown) =>
    httpClient.send({
      method: 'POST',
      url: `${origin}${path}`,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      timeoutMs,
    });

  /** Sends until an answer comes that repeating would not change. */
  const insist = async (send: () => Promise<HttpResult>, tries: number) => {
    for (let attempt = 1; ; attempt += 1) {
      const result = await send();
      const isUsable = result.kind === 'response' && result.status < 500 && result.headers['retry-after'] === undefined;
      if (isUsable) return result;
      if (result.kind === 'response' && result.status === 500) surprises.push(`500: ${result.body}`);
      if (attempt >= tries) return undefined;
      await clock.sleep(dice.next() * Math.min(retryCapMs, retryBaseMs * 2 ** attempt));
    }
  };

  const place = async ({ key, body, givesUp, userId }: OrderPlan) => {
    const headers = { 'idempotency-key': key };
    const answer = await insist(() => post(originOf('order'), '/v1/orders', headers, body), givesUp ? 1 : Infinity);
    if (answer === undefined) return undefined;
    if (answer.status !== 201) {
      surprises.push(`POST /v1/orders: ${answer.status} ${answer.body}`);
      return undefined;
    }
    const { id: orderId } = JSON.parse(answer.body) as { readonly id: string };
    acknowledged.push({ userId, key, orderId });
    trace.note('client', 'has its 201', orderId);
    return orderId;
  };

  const live = async (plan: OrderPlan) => {
    await clock.sleep(plan.atMs);
    if (plan.sendsTwice) strikes.count('clientSendsTwice');
    const [orderId] = await Promise.all([place(plan), plan.sendsTwice ? place(plan) : undefined]);
    open -= 1;
    if (orderId === undefined) {
      if (plan.givesUp) {
        gaveUp += 1;
        strikes.count('clientGivesUp');
      }
      return;
    }
    await Promise.all([cancelLater(plan, orderId), reviewLater(plan, orderId)]);
  };

  const cancelLater = async ({ cancelsAfterMs }: OrderPlan, orderId: string) => {
    if (cancelsAfterMs === undefined) return;
    await clock.sleep(cancelsAfterMs);
    strikes.count('clientCancels');
    trace.note('client', 'wants to cancel', orderId);
    await insist(() => post(originOf('order'), `/v1/orders/${orderId}/cancel`), 5);
  };

  const reviewLater = async ({ review, userId }: OrderPlan, orderId: string) => {
    if (review === undefined || !userId.startsWith('review')) return;
    await clock.sleep(review.afterMs);
    trace.note('reviewer', `says ${review.decision}`, orderId);
    await insist(() => post(originOf('antifraud'), `/v1/reviews/${orderId}/${review.decision}`), 5);
  };

  /** Looks now and then what waits for a person, and tries some of it again. */
  const operate = async () => {
    for (let isAtWork = true; isAtWork; isAtWork = isOperatorThere) {
      await clock.sleep(dice.between(5_000, 40_000));
      await retrySagas();
      for (const service of services) await redriveLetters(originOf(service));
    }
  };

  const list = async (url: string): Promise<readonly Listed[]> => {
    const found = await httpClient.send({ method: 'GET', url, timeoutMs });
    if (found.kind !== 'response' || found.status !== 200) return [];
    return (JSON.parse(found.body) as { readonly items: readonly Listed[] }).items;
  };

  const retried = new Map<string, number>();
  const retrySagas = async () => {
    const origin = originOf('orchestrator');
    for (const { orderId } of await list(`${origin}/v1/sagas?state=NEEDS_OPERATOR`)) {
      const tries = retried.get(orderId) ?? 0;
      if (tries === maxRetries || dice.chance(0.5)) continue;
      retried.set(orderId, tries + 1);
      strikes.count('operatorRetries');
      trace.note('operator', 'tries again', orderId);
      await post(origin, `/v1/sagas/${orderId}/retry`, {}, { actor: 'the operator', reason: 'simulated' });
    }
  };

  const redriveLetters = async (origin: string) => {
    const letters = await list(`${origin}/v1/dead-letters`);
    // Nothing in a storm is poison but what a build cannot read: what fails otherwise passes by itself.
    const wrongly = letters.filter(({ reason }) => reason === 'handler-failed');
    surprises.push(...wrongly.map(({ orderId, detail }) => `${origin} has parked a message of ${orderId}: ${detail}`));
    for (const orderId of new Set(letters.map((letter) => letter.orderId))) {
      strikes.count('operatorRedrives');
      trace.note('operator', `redrives what ${origin} has parked`, orderId);
      await post(origin, `/v1/dead-letters/${orderId}/redrive`);
    }
  };

  return {
    start: () => {
      for (const plan of plans) void live(plan);
      void operate();
    },
    sendOperatorHome: () => {
      isOperatorThere = false;
    },
    areDone: () => open === 0,
    acknowledged: () => acknowledged,
    counts: () => ({ clients: plans.length, gaveUp }),
    surprises: () => surprises,
  };
}
