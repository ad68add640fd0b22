export type { CacheWorld } from './cache.contract.ts';
export { describeCache } from './cache.contract.ts';
