export type { MemoryStorageDeps } from './memory-storage.ts';
export { createMemoryStorage } from './memory-storage.ts';
