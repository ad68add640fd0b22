export { isAtOnce, patience } from './patience.ts';
export { createSeededIds, createSeededRandom } from './seeded.ts';
export type { VirtualClock } from './virtual-clock.ts';
export { createVirtualClock } from './virtual-clock.ts';
