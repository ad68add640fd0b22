export type { BusWorld, Published } from './bus.contract.ts';
export { describeBus } from './bus.contract.ts';
export type { MessageBuilder } from './messages.builder.ts';
export { createMessageBuilder } from './messages.builder.ts';
export type { CrashPoint, MortalProcess } from './mortal-process.ts';
export { createMortalProcess } from './mortal-process.ts';
export type { StubBus } from './stub-bus.ts';
export { createStubBus } from './stub-bus.ts';
export { whileTimePasses } from './while-time-passes.ts';
