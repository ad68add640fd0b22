export type { OrderPlan } from './order-mix.ts';
export { isOfRun, planOrder } from './order-mix.ts';
export type { Answer, ClientStats, PlatformClient, PlatformClientDeps, RequestOptions } from './platform-client.ts';
export { createPlatformClient, StoppedError } from './platform-client.ts';
