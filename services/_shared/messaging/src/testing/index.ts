export type { BusWorld, Published } from './bus.contract.ts';
export { describeBus } from './bus.contract.ts';
export { createPublisher, identityOf } from './embedded-worlds.ts';
export type { CrashPoint } from './mortal-process.ts';
export type { ServiceDriverOptions } from './service.driver.ts';
export { startService } from './service.driver.ts';
export { whileTimePasses } from './while-time-passes.ts';
