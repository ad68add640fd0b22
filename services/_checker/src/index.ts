export { check } from './check.ts';
export type {
  Acknowledged,
  DeadLetter,
  Evidence,
  LedgerPayment,
  LedgerShipment,
  LogVerification,
  OrderAtEnd,
  OrderHistory,
  RunFacts,
  SagaAtEnd,
} from './evidence.ts';
export type { Get, ListedOrder } from './listings.ts';
export { listOrders, listWaiting } from './listings.ts';
export type { EvidenceOptions } from './read-evidence.ts';
export { readEvidence } from './read-evidence.ts';
export type { CurrencyLine, MoneySummary } from './summarize-money.ts';
export { summarizeMoney } from './summarize-money.ts';
export type { Member } from './together.ts';
export { memberAt, together } from './together.ts';
export type { Invariant, Violation } from './violation.ts';
