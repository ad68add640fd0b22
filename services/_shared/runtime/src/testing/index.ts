export type { AppFetch, AppHttpClientOptions, NetworkFault } from './app-http-client.ts';
export { createAppHttpClient } from './app-http-client.ts';
export type { FakeProcess } from './fake-process.ts';
export { createFakeProcess } from './fake-process.ts';
export type { RecordedLine } from './loggers.ts';
export { createRecordingLogger, createSilentLogger } from './loggers.ts';
export type { TcpProxy } from './tcp-proxy.ts';
export { createTcpProxy } from './tcp-proxy.ts';
