import type { RawMessage } from '@checkout/contracts';
import type { LogStorage } from '@checkout/event-log';
import type { Bus } from '@checkout/messaging';
import type { Dice } from '../world/dice.ts';
import type { Storm, Strikes } from './faults.ts';

/**
 * A release that is rolled out while the platform runs, in the wrong order: the first of its builds write what the builds
 * before it do not know. To those, some messages are of an unknown type, and some of a known one are unreadable.
 */
export type Release = {
  /** Processes that start from now on are of the new build. */
  readonly begin: () => void;
  readonly hasBegun: () => boolean;
  /** The build of a process that starts now. */
  readonly build: () => Build;
};

/** What a process makes of messages. The bytes are the same for all. */
export type Build = {
  readonly isNew: boolean;
  readonly reading: (bus: Bus) => Bus;
  /** Dead letters as well are read by the build that looks at them, whichever wrote them. */
  readonly readingLetters: (storage: LogStorage) => LogStorage;
};

type Novelty = 'none' | 'type' | 'shape';

export function createRelease(deps: {
  readonly storm: Storm;
  readonly dice: Dice;
  readonly strikes: Strikes;
}): Release {
  const { storm, dice, strikes } = deps;
  const novelties = new Map<string, Novelty>();
  const written = new Map<string, RawMessage>();
  let hasBegun = false;

  const draw = (id: string): Novelty => {
    const drawn = dice.fork(id).next();
    if (drawn < storm.newerType) return 'type';
    return drawn < storm.newerType + storm.newerShape ? 'shape' : 'none';
  };
  const noveltyOf = ({ id }: RawMessage): Novelty => {
    const novelty = novelties.get(id) ?? draw(id);
    novelties.set(id, novelty);
    return novelty;
  };

  const oldBuild: Build = {
    isNew: false,
    reading: (bus) => ({
      ...bus,
      subscribe: (subscription) =>
        bus.subscribe({
          ...subscription,
          accepts(message) {
            if (!hasBegun || noveltyOf(message) !== 'type') return subscription.accepts(message);
            strikes.count('newerType');
            return subscription.accepts({ ...message, type: `${message.type}Anew` });
          },
          handle: (delivery) =>
            subscription.handle({
              ...delivery,
              messages: delivery.messages.map((message) => {
                if (!hasBegun || noveltyOf(message) !== 'shape') return message;
                strikes.count('newerShape');
                written.set(message.id, message);
                return { ...message, data: null };
              }),
            }),
        }),
    }),
    readingLetters: (storage) => storage,
  };
  const newBuild: Build = {
    isNew: true,
    reading: (bus) => bus,
    readingLetters: (storage) => ({
      ...storage,
      deadLetters: async (query) =>
        (await storage.deadLetters(query)).map((letter) => ({
          ...letter,
          message: written.get(letter.messageId) ?? letter.message,
        })),
    }),
  };

  return {
    begin: () => {
      hasBegun = true;
    },
    hasBegun: () => hasBegun,
    build: () => (hasBegun ? newBuild : oldBuild),
  };
}
