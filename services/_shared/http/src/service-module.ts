import type { OrderId } from '@checkout/kernel';
import type { Metrics } from '@checkout/runtime';
import type { ApiApp } from './api-app.ts';
import type { ErrorCodes } from './error-codes.ts';

/** What a service brings to an HTTP app: one service in a deployment of its own, all of them in one process locally. */
export type ServiceModule = {
  readonly name: string;
  readonly errorCodes: ErrorCodes;
  /** Adds the service's routes. Called once, at start. */
  readonly routes: (app: ApiApp) => void;
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: Metrics;
  /** Brings those metrics up to date that have to be asked for. Called now and then, never for a scrape. */
  readonly observe?: () => Promise<void>;
  /** Replays the service's log against its read model. Reads everything: for operators and checkers. */
  readonly verifyLog?: () => Promise<LogVerification>;
  readonly deadLetters?: DeadLetterOperations;
  /** What the service sends and receives. Made when somebody asks. */
  readonly messaging?: () => MessagingParts;
};

/** Parts of an AsyncAPI 3.1 document. Those of several services go together by name. */
export type MessagingParts = {
  readonly channels: Readonly<Record<string, object>>;
  readonly operations: Readonly<Record<string, object>>;
  readonly components: { readonly messages: Readonly<Record<string, object>> };
};

export type Readiness = { readonly ready: boolean; readonly checks: readonly ReadinessCheck[] };

/** `required` checks decide `ready`; the others are only shown. */
export type ReadinessCheck = {
  readonly name: string;
  readonly ok: boolean;
  readonly required: boolean;
  readonly detail?: string;
};

/** `ok` is true exactly when `findings` is empty. `counts` says how much was looked at: rows, streams, read-model rows. */
export type LogVerification = {
  readonly ok: boolean;
  readonly findings: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
};

export type DeadLetterOperations = {
  /** The oldest first. `cursor` is the `nextCursor` of the page before, null for the first page. */
  list(page: { readonly limit: number; readonly cursor: string | null }): Promise<DeadLetterPage>;
  /**
   * Hands the order's dead letters to their handlers again, in order; with `dryRun`, only says which.
   * `null` when the order has none.
   */
  redrive(
    orderId: OrderId,
    options: { readonly dryRun: boolean },
  ): Promise<{ readonly items: readonly DeadLetterView[] } | null>;
};

export type DeadLetterPage = { readonly items: readonly DeadLetterView[]; readonly nextCursor: string | null };

export type DeadLetterView = {
  readonly service: string;
  readonly group: string;
  /** Null for a message that names no readable order; it holds nobody. */
  readonly orderId: string | null;
  /** Its place among the dead letters of its group. */
  readonly seq: number;
  readonly topic: string;
  readonly messageId: string;
  readonly type: string;
  /** A code: why it is here. */
  readonly reason: string;
  readonly detail: string;
  /** `parked`: it failed; `held`: it waits behind one that failed; `redriving`: it is about to be handled again. */
  readonly state: 'parked' | 'held' | 'redriving';
  /** UTC, ISO 8601. */
  readonly parkedAt: string;
};
