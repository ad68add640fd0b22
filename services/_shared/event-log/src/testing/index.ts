export type { Then } from './given-when-then.ts';
export { deepFreeze, specify } from './given-when-then.ts';
