export type { AuthConfig, TokenTrust } from './auth-variables.ts';
export { authConfigOf, authVariables } from './auth-variables.ts';
export type { Breaker, BreakerOptions } from './breaker.ts';
export { createBreaker } from './breaker.ts';
export type { ConfigFault, Environment, LiveSecret, VariableRule } from './config.ts';
export { ConfigError, loadConfig } from './config.ts';
export {
  booleanVariable,
  certificatesVariable,
  choiceVariable,
  credentialVariable,
  durationMsVariable,
  integerVariable,
  secretVariable,
  serverUrlVariable,
  textVariable,
  urlVariable,
} from './config-variables.ts';
export type { DirectoryLock } from './directory-lock.ts';
export { DirectoryLockError, lockDirectory, wasLocked } from './directory-lock.ts';
export type { HttpClient, HttpFailure, HttpMethod, HttpRequest, HttpResponse, HttpResult } from './http-client.ts';
export { freePort, freePorts, listenBriefly, takenPorts } from './free-port.ts';
export { createUndiciHttpClient } from './http-client.undici.ts';
export type { ProcessPort, Running, ServiceRun, Startup, StopSignal } from './lifecycle.ts';
export { runService } from './lifecycle.ts';
export { localUrl } from './local-url.ts';
export type { LogFieldName, LogFields, Logger, LogLevel } from './logger.ts';
export { createLogger } from './logger.pino.ts';
export type { CounterMetric, GaugeMetric, HistogramMetric, Labels, MetricDescription, Metrics } from './metrics.ts';
export { createMetrics, latencyBucketsSeconds, renderMetrics } from './metrics.ts';
export { observeProcess } from './process-metrics.ts';
export { createSystemProcess } from './process.ts';
export type { ProviderCaller, ProviderCallerOptions, ProviderRequest } from './provider-caller.ts';
export { createProviderCaller } from './provider-caller.ts';
export type { ProviderOutcome } from './provider-outcome.ts';
export { readProviderOutcome } from './provider-outcome.ts';
export type { ServiceConfig, ServiceDefaults } from './service-variables.ts';
export {
  providerUrlVariable,
  providerVariables,
  serviceConfigOf,
  serviceVariables,
  togetherVariables,
  unknownDeadlineVariable,
  webhookSecretVariable,
} from './service-variables.ts';
export { onStopSignal } from './stop-signal.ts';
export type { TaskRun } from './task.ts';
export { runTask } from './task.ts';
export { createJoseTokenVerifier } from './token-verifier.jose.ts';
export { createTokenKeys } from './token-keys.ts';
export type { TokenFault, TokenVerification, TokenVerifier, VerifiedToken } from './token-verifier.ts';
export { createSystemClock, createSystemIds, createSystemRandom } from './system.ts';
export type { SignedWebhook } from './webhook-signature.ts';
export { signWebhook, verifyWebhook } from './webhook-signature.ts';
