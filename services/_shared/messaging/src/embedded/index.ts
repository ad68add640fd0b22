export type { EmbeddedBusDeps } from './embedded-bus.ts';
export { createEmbeddedBus, OffsetMismatchError } from './embedded-bus.ts';
export type { FileLogSourceDeps, LogSource } from './log-source.ts';
export { createFileLogSource, createLocalLogSource } from './log-source.ts';
export type { Connected, ConnectedTogether, EmbeddedDeps } from './open-embedded.ts';
export { connectEmbedded, connectTogether, openEmbeddedLog } from './open-embedded.ts';
