export type { FollowOptions, Followed } from './follow-orders.ts';
export { followOrders } from './follow-orders.ts';
export type { OrderPlan } from './order-mix.ts';
export { isOfRun, planOrder } from './order-mix.ts';
export type { Answer, ClientStats, PlatformClient, PlatformClientDeps, RequestOptions } from './platform-client.ts';
export { createPlatformClient, StoppedError } from './platform-client.ts';
