import { createVirtualClock } from '@checkout/kernel/testing';
import { describeLogStorage, testIdentity } from '../testing/index.ts';
import { createMemoryStorage } from './index.ts';

const clock = createVirtualClock();

describeLogStorage('memory', {
  open: () => Promise.resolve(createMemoryStorage({ identity: testIdentity, clock })),
  clock,
});
