export type { ApiApp, ApiContext, ApiEnv, RequestState } from './api-app.ts';
export { requestOf } from './api-app.ts';
export type { Caller } from './caller.ts';
export type { App, AppOptions } from './create-app.ts';
export { createApp } from './create-app.ts';
export type { RouteDefinition } from './define-route.ts';
export { defineRoute } from './define-route.ts';
export { ConnectionResetError, dropConnection } from './drop-connection.ts';
export type { ErrorCodes, ErrorEntry, ProblemStatus } from './error-codes.ts';
export { commonErrorCodes, mergeErrorCodes } from './error-codes.ts';
export type { Hosted, HostOptions } from './host-services.ts';
export { hostServices } from './host-services.ts';
export { maxBodyBytes, maxBodyDepth } from './json-body.ts';
export type { JsonViolation, ScannedJson } from './json-scanner.ts';
export { pointerToken, scanJson } from './json-scanner.ts';
export { actorOf, operatorText } from './operator.ts';
export {
  cursorParameter,
  encodeCursor,
  flagParameter,
  idempotencyKeyHeader,
  idempotencyKeyProblems,
  integerParameter,
  orderIdParameter,
  readIdempotencyKey,
} from './parameters.ts';
export type { Problem, ProblemResponse } from './problem.ts';
export { problem, ProblemSchema } from './problem.ts';
export type { Program, ProgramParts } from './run-program.ts';
export { isLoopback, runProgram } from './run-program.ts';
export type { RateLimiter, RateVerdict } from './rate-limiter.ts';
export { createMemoryRateLimiter } from './rate-limiter.memory.ts';
export { forbid } from './require-scopes.ts';
export type { Access, Scope } from './scopes.ts';
export type { HttpServer, ServeOptions } from './serve.ts';
export { ListenError, serve } from './serve.ts';
export type {
  DeadLetterOperations,
  DeadLetterPage,
  DeadLetterView,
  LogVerification,
  MessagingParts,
  Readiness,
  ReadinessCheck,
  ServiceModule,
} from './service-module.ts';
export type { EventSink, EventStreams, StreamEvent } from './sse.ts';
export { createEventStreams } from './sse.ts';
export { checkWebhook, webhookErrorCodes, webhookHeaders, webhookProblems } from './webhook.ts';
