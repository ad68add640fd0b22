import { type ServiceName, services } from '@checkout/contracts';
import { createEventLog } from '@checkout/event-log';
import { createMemoryStorage } from '@checkout/event-log/memory';
import { createSeededIds, createSeededRandom, createVirtualClock } from '@checkout/kernel/testing';
import { platformGroups, type Subscription } from '@checkout/messaging';
import { identityOf } from '@checkout/messaging/testing';
import { createAppHttpClient, createSilentLogger } from '@checkout/runtime/testing';
import { expect, test } from 'vitest';
import { compositions } from '../src/run/services.ts';

/** What a service subscribes to, composed as in production. */
function subscriptionsOf(name: ServiceName): readonly Subscription[] {
  const clock = createVirtualClock();
  const subscriptions: Subscription[] = [];
  compositions[name]({
    log: createEventLog({ storage: createMemoryStorage({ identity: identityOf(name), clock }), clock }),
    bus: {
      subscribe: (subscription) => void subscriptions.push(subscription),
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    },
    clock,
    ids: createSeededIds(),
    random: createSeededRandom(1),
    logger: createSilentLogger(),
    httpClient: createAppHttpClient({ clock, apps: {} }),
  });
  return subscriptions;
}

test('the queues that publishers declare are those that the services read', () => {
  const read = services.flatMap(subscriptionsOf).map(({ group, topics }) => ({ group, topics: topics.toSorted() }));

  expect(read).toEqual(platformGroups());
});
