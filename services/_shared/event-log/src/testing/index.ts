export { deepFreeze } from '../deep-freeze.ts';
export type { Then } from './given-when-then.ts';
export { specify } from './given-when-then.ts';
export type { DatabaseClock, LogStorageSubject } from './log-storage.contract.ts';
export { describeLogStorage } from './log-storage.contract.ts';
export type { CommitFate, ScriptedStorage } from './scripted-storage.ts';
export { createScriptedStorage } from './scripted-storage.ts';
export {
  aCause,
  aDeadLetter,
  anEvent,
  anOrder,
  aStream,
  aUnit,
  aUnitWithoutStream,
  testIdentity,
  testTable,
} from './units.builder.ts';
