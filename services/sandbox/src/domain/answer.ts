import type { DomainError } from '@checkout/kernel';

/** What an operation came to. Kept with its idempotency key, and given again to whoever repeats it. */
export type Answer =
  | { readonly kind: 'done'; readonly status: 200 | 201; readonly body: Readonly<Record<string, string | number>> }
  | { readonly kind: 'refused'; readonly error: DomainError };

/** What a provider tells the shop on its own account. */
export type Notice = {
  readonly type: NoticeType;
  readonly reference: string;
  /** Minor units. */
  readonly amount?: number;
  readonly currency?: string;
};

export const noticeTypes = [
  'authorization.approved',
  'authorization.declined',
  'authorization.voided',
  'capture.succeeded',
  'capture.rejected',
  'refund.succeeded',
  'shipment.dispatched',
  'shipment.delivered',
  'shipment.lost',
] as const;

export type NoticeType = (typeof noticeTypes)[number];

/** The outcome of an operation on a record. Without `state` the record stays as it was. */
export type Decision<State> = {
  readonly state?: State;
  readonly answer: Answer;
  readonly notices: readonly Notice[];
};

export function refused<State>(code: string, detail: string, notices: readonly Notice[] = []): Decision<State> {
  return { answer: { kind: 'refused', error: { code, detail } }, notices };
}
