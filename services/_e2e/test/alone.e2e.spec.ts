import { describe } from 'vitest';
import { testAlone } from './alone.ts';

describe('services alone, on files in one directory', () => {
  // What they know of each other they read from the logs there.
  testAlone(async () => ({ of: () => ({}), remove: async () => {} }));
});
