import type { Message } from '@checkout/contracts';
import type { DueTimer, EventLog, Loaded, Streams } from '@checkout/event-log';
import type { Clock, OrderId } from '@checkout/kernel';
import { type Background, createCallGate, createRecorder, type Outcome } from '@checkout/messaging';
import {
  authorizationAnswer,
  captureAnswer,
  heldOf,
  type PaymentEvent,
  type PaymentRequest,
  type PaymentState,
  releaseTimer,
  repeat,
  resolveTimer,
} from '../domain/payment.ts';
import {
  type AnswerContext,
  authorizationAnswered,
  captureAnswered,
  releaseConfirmed,
  unavailable,
} from '../domain/payment-outcomes.ts';
import type { PaymentGateway, PaymentLookup } from './ports/payment-gateway.port.ts';
import { release, verifyReleased } from './release.ts';
import { type Resolution, resolveAuthorization, resolveCapture } from './resolve.ts';

export type PaymentsDeps = {
  readonly log: EventLog;
  readonly streams: Streams<PaymentState, PaymentEvent>;
  readonly gateway: PaymentGateway;
  readonly lookup: PaymentLookup;
  readonly clock: Clock;
  readonly background: Background;
  /** How long an outcome may stay unknown before the payment is voided by key, milliseconds. */
  readonly unknownDeadlineMs: number;
  readonly onParked: (payment: Loaded<PaymentState>, reason: string) => void;
};

type PaymentOutcome = Outcome<PaymentState, PaymentEvent>;
type LoadedPayment = Loaded<PaymentState>;

/** The saga's commands and the payment's timers, carried out at the provider. */
export type Payments = {
  authorize: (loaded: LoadedPayment, message: Message<'AuthorizePayment'>) => Promise<PaymentOutcome>;
  capture: (loaded: LoadedPayment, message: Message<'CapturePayment'>) => Promise<PaymentOutcome>;
  release: (loaded: LoadedPayment, message: Message<'ReleasePayment'>) => PaymentOutcome;
  timerFired: (loaded: LoadedPayment, timer: DueTimer) => PaymentOutcome;
  /** The provider says that something happened: ask now instead of at the timer. Changes nothing by itself. */
  resolveNow: (orderId: OrderId) => Promise<void>;
};

/** So often a release that did not even reach the provider is tried on our own timer before the saga hears of it. */
const patientRounds = 8;
/** Providers keep idempotency keys for 24 h; half of that leaves room for clocks that disagree. */
const maxKeyAgeMs = 12 * 3_600_000;

export function createPayments(deps: PaymentsDeps): Payments {
  const { log, streams, gateway, lookup, clock, background, unknownDeadlineMs, onParked } = deps;
  /** Orders whose outcome this process is asking for: one question at a time is enough. */
  const asking = new Set<OrderId>();

  const context = (orderId: OrderId, attempt?: number): AnswerContext => ({
    orderId,
    unknownDeadlineMs,
    ...(attempt !== undefined && { attempt }),
  });

  const recordOutcome = createRecorder<PaymentState, PaymentEvent>({ log, streams });
  /** For what no batch waited for; a payment that it parks is alerted as one that a batch parks. */
  const record: typeof recordOutcome = async (begunOn, decide) => {
    let parks = false;
    await recordOutcome(begunOn, (payment) => {
      const events = decide(payment);
      parks = events.some(({ type }) => type === 'PaymentParked');
      return events;
    });
    if (parks) alertParked(await streams.load(begunOn.streamId));
  };
  const calls = createCallGate(clock, background.closing);

  /** A try that left no trace here may have sent it, with a key that the provider has forgotten: it is asked for first. */
  const isOld = ({ recordedAt }: Message) => clock.now() - recordedAt > maxKeyAgeMs;

  const authorize = async (loaded: LoadedPayment, message: Message<'AuthorizePayment'>): Promise<PaymentOutcome> => {
    const { streamId: orderId, state } = loaded;
    const answer = authorizationAnswer(state);
    if (answer !== undefined) return { events: [answer] };
    const { attempt, amount, currency, paymentToken } = message.data;
    if (isStuckAtItsDoor(state)) return { events: [unavailable('authorize', attempt, 'not voided')] };
    if (state.status !== 'NONE') return { events: [] };
    const request: PaymentRequest = { amount, currency, paymentToken };
    const { call, result } = await calls.start(() =>
      isOld(message)
        ? resultOf(resolveAuthorization({ gateway, lookup }, orderId, { request }, true))
        : gateway.authorize({ orderId, ...request }),
    );
    if (result !== undefined) {
      const events = authorizationAnswered(state, request, result, context(orderId, attempt));
      return { events, afterCommit: alertParked };
    }
    const events = authorizationAnswered(state, request, { kind: 'unknown', reason: 'slow' }, context(orderId));
    return {
      events,
      afterCommit: (pending) =>
        background.goOn(async () => {
          const late = await call;
          await record(pending, (payment) => authorizationAnswered(payment, request, late, context(orderId)));
        }),
    };
  };

  const capture = async (loaded: LoadedPayment, message: Message<'CapturePayment'>): Promise<PaymentOutcome> => {
    const { streamId: orderId, state } = loaded;
    const { attempt } = message.data;
    const answer = captureAnswer(state);
    if (answer !== undefined) return { events: [answer] };
    if (isStuckAtItsDoor(state)) return { events: [unavailable('capture', attempt, 'not voided')] };
    if (state.status !== 'AUTHORIZED') return { events: [] };
    const { amount, currency } = state;
    const { call, result } = await calls.start(() =>
      isOld(message)
        ? resultOf(resolveCapture({ gateway, lookup }, orderId, { amount, currency }, true))
        : gateway.capture({ orderId, amount, currency }),
    );
    if (result !== undefined) {
      return { events: captureAnswered(state, result, context(orderId, attempt)), afterCommit: alertParked };
    }
    return {
      events: captureAnswered(state, { kind: 'unknown', reason: 'slow' }, context(orderId)),
      afterCommit: (pending) =>
        background.goOn(async () => {
          const late = await call;
          await record(pending, (payment) => captureAnswered(payment, late, context(orderId)));
        }),
    };
  };

  /** The door is closed in the log before the provider hears of it; the provider is called after that commit. */
  const releasePayment = ({ streamId, state }: LoadedPayment, { data }: Message<'ReleasePayment'>): PaymentOutcome => {
    const { attempt, mode } = data;
    if (mode === 'verify') return { events: [], afterCommit: (noted) => verify(noted, attempt) };
    if (state.status === 'RELEASED') {
      const { voided, refunded } = state;
      return { events: [repeat({ type: 'PaymentReleased', data: { voided, refunded } })] };
    }
    const isRepeat = state.status === 'RELEASING' && state.reason === 'saga';
    const timer = releaseTimer(streamId, 0);
    return {
      events: [
        isRepeat
          ? { type: 'ReleaseRetried', data: {}, timer }
          : { type: 'PaymentReleaseStarted', data: { reason: 'saga' }, timer },
      ],
      afterCommit: (started) => runRelease(started, attempt),
    };
  };

  const runRelease = (started: LoadedPayment, attempt?: number) =>
    background.run(async () => {
      const { streamId: orderId, state } = started;
      if (state.status !== 'RELEASING') return;
      const result = await release(gateway, lookup, orderId, state.held);
      if (result.kind === 'confirmed') {
        const { voided, refunded } = result;
        await record(started, (payment) => releaseConfirmed(payment, { voided, refunded }));
      } else if (attempt !== undefined && (result.tried || state.rounds >= patientRounds)) {
        await reportNotReleased(started, attempt, result.reason);
      }
    });

  const verify = (noted: LoadedPayment, attempt: number) =>
    background.run(async () => {
      const result = await verifyReleased(lookup, noted.streamId, heldOf(noted.state));
      if (result.kind === 'not-confirmed') return reportNotReleased(noted, attempt, result.reason);
      const { voided, refunded } = result;
      await record(noted, (payment) =>
        payment.status === 'RELEASED'
          ? [repeat({ type: 'PaymentReleased', data: { voided, refunded } })]
          : [{ type: 'PaymentReleased', data: { voided, refunded }, timer: null }],
      );
    });

  /** The saga decides when to try again, or calls an operator: our own timer rests. */
  const reportNotReleased = async (loaded: LoadedPayment, attempt: number, reason: string) => {
    // That we stop says nothing of the provider, and the timer must live.
    if (background.signal.aborted) return;
    await record(loaded, (payment) =>
      payment.status === 'RELEASED' ? [] : [{ ...unavailable('release', attempt, reason), timer: null }],
    );
  };

  const timerFired = ({ streamId: orderId, state }: LoadedPayment): PaymentOutcome => {
    switch (state.status) {
      case 'AUTHORIZING':
      case 'CAPTURING': {
        const waitedMs = resolveTimer(orderId, state, unknownDeadlineMs).afterMs;
        const next = { rounds: state.rounds + 1, waitedMs: state.waitedMs + waitedMs };
        if (next.waitedMs >= unknownDeadlineMs) return giveUp(orderId, state.status);
        const timer = resolveTimer(orderId, next, unknownDeadlineMs);
        return {
          events: [{ type: 'OutcomeAwaited', data: { waitedMs }, timer }],
          afterCommit: (loaded) => background.run(() => ask(loaded)),
        };
      }
      case 'RELEASING': {
        const timer = releaseTimer(orderId, state.rounds + 1);
        return { events: [{ type: 'ReleaseRetried', data: {}, timer }], afterCommit: (loaded) => runRelease(loaded) };
      }
      default:
        return { events: [] };
    }
  };

  const giveUp = (orderId: OrderId, status: 'AUTHORIZING' | 'CAPTURING'): PaymentOutcome => {
    const reason = status === 'AUTHORIZING' ? 'authorize-unknown' : 'capture-unknown';
    const timer = releaseTimer(orderId, 0);
    return {
      events: [{ type: 'PaymentReleaseStarted', data: { reason }, timer }],
      afterCommit: (loaded) => runRelease(loaded),
    };
  };

  const ask = async (loaded: LoadedPayment): Promise<void> => {
    const { streamId: orderId, state } = loaded;
    if (asking.has(orderId)) return;
    asking.add(orderId);
    try {
      const mayResend = clock.now() - loaded.createdAt < maxKeyAgeMs;
      if (state.status === 'AUTHORIZING') {
        const resolution = await resolveAuthorization({ gateway, lookup }, orderId, state, mayResend);
        if (resolution.kind === 'open') return;
        await record(loaded, (payment) =>
          authorizationAnswered(payment, state.request, resolution.result, context(orderId)),
        );
      } else if (state.status === 'CAPTURING') {
        const resolution = await resolveCapture({ gateway, lookup }, orderId, state, mayResend);
        if (resolution.kind === 'open') return;
        await record(loaded, (payment) => captureAnswered(payment, resolution.result, context(orderId)));
      }
    } finally {
      asking.delete(orderId);
    }
  };

  const alertParked = (payment: LoadedPayment) => {
    if (payment.state.parked !== undefined) onParked(payment, payment.state.parked);
  };

  return {
    authorize,
    capture,
    release: releasePayment,
    timerFired,
    resolveNow: async (orderId) => {
      const loaded = await streams.loadFresh(orderId);
      if (loaded.state.status === 'AUTHORIZING' || loaded.state.status === 'CAPTURING')
        background.run(() => ask(loaded));
    },
  };
}

async function resultOf<Result>(resolving: Promise<Resolution<Result>>) {
  const resolution = await resolving;
  return resolution.kind === 'settled' ? resolution.result : ({ kind: 'unknown', reason: 'open' } as const);
}

/**
 * An unknown outcome that we gave up, and the provider does not confirm the void either. The saga that asks hears of it, so
 * that it comes to an operator in the end; our own timer goes on meanwhile.
 */
function isStuckAtItsDoor(payment: PaymentState): boolean {
  return payment.status === 'RELEASING' && payment.reason !== 'saga' && payment.rounds >= patientRounds;
}
