export type { EmbeddedBusDeps } from './embedded-bus.ts';
export { createEmbeddedBus, OffsetMismatchError } from './embedded-bus.ts';
export type { FileLogSourceDeps, LogSource } from './log-source.ts';
export { createFileLogSource, createLocalLogSource } from './log-source.ts';
