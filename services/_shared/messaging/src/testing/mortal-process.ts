import type { LogStorage } from '@checkout/event-log';
import type { HttpClient } from '@checkout/runtime';

/** Where a process ends: as soon as this comes about. */
export type CrashPoint =
  /** An event of this type is in the log; its writer does not get to know. */
  | { readonly recorded: string }
  /** A request to a path that ends like this is about to be sent. */
  | { readonly beforeSending: string }
  /** A request to a path that ends like this has been answered; the answer is not read any more. */
  | { readonly answered: string };

/** What a process has of the outside, until it ends: what it waits for from then on never comes. */
export type MortalProcess = {
  readonly storage: LogStorage;
  readonly httpClient: HttpClient;
  crash: () => void;
  crashAt: (point: CrashPoint) => void;
};

/** A process on a log and a network that outlive it, as `kill -9` leaves them. */
export function createMortalProcess(storage: LogStorage, httpClient: HttpClient): MortalProcess {
  const life = { isOver: false };
  let point: CrashPoint | undefined;

  const never = <Value>() => new Promise<Value>(() => {});
  /** Says that something came about, which the process may not survive. */
  const survives = (isReached: (crashPoint: CrashPoint) => boolean) => {
    if (point !== undefined && isReached(point)) life.isOver = true;
    return !life.isOver;
  };

  return {
    storage: {
      ...storage,
      async commit(requests) {
        if (life.isOver) return never();
        const result = await storage.commit(requests);
        const events = requests.flatMap(({ units }) =>
          units.flatMap(({ streams }) => streams.flatMap((stream) => stream.events)),
        );
        const isRecorded = (crashPoint: CrashPoint) =>
          'recorded' in crashPoint && events.some(({ type }) => type === crashPoint.recorded);
        return survives(isRecorded) ? result : never();
      },
    },
    httpClient: {
      ...httpClient,
      async send(request) {
        const { pathname } = new URL(request.url);
        const isNext = (crashPoint: CrashPoint) =>
          'beforeSending' in crashPoint && pathname.endsWith(crashPoint.beforeSending);
        const isAnswered = (crashPoint: CrashPoint) =>
          'answered' in crashPoint && pathname.endsWith(crashPoint.answered);
        if (!survives(isNext)) return never();
        const result = await httpClient.send(request);
        return survives(isAnswered) ? result : never();
      },
    },
    crash: () => {
      life.isOver = true;
    },
    crashAt: (crashPoint) => {
      point = crashPoint;
    },
  };
}
