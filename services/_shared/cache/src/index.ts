export type { Cache, Versioned } from './cache.ts';
export { createMemoryCache } from './cache.memory.ts';
export type { ReadThroughOptions } from './read-through.ts';
export { createReadThrough } from './read-through.ts';
