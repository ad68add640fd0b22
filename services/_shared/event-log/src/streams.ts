import type { OrderId } from '@checkout/kernel';
import { type AnyEvent, type Decided, isMarker } from './decider.ts';
import type { EventLog } from './event-log.ts';
import { type Cause, type LogRow, maxStreamEvents } from './rows.ts';
import type { ReadModelTable, StreamTimer } from './storage.port.ts';
import type { AppendUnit, ReadModel } from './units.ts';

/** How a service's streams become state, and what of the state is shown. */
export type StreamDefinition<State, Event extends AnyEvent> = {
  readonly table: ReadModelTable;
  readonly initialState: State;
  evolve(state: State, event: Event): State;
  project(state: State): ReadModel;
  /** Brings an event of an older release to today's shape. Runs on every read; the log itself is never rewritten. */
  upcast?(type: string, data: unknown): { readonly type: string; readonly data: unknown };
};

/** A stream's state with what the log knows of it. Times are Unix milliseconds by the database's clock. */
export type Loaded<State> = {
  readonly streamId: OrderId;
  /** 0 when the stream does not exist. */
  readonly version: number;
  readonly state: State;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly timer: StreamTimer | null;
  /** Of the last row: what work on the stream that nobody asked for goes on in. */
  readonly origin?: Pick<LogRow, 'correlationId' | 'traceparent'>;
};

/** A stream has grown beyond its bound. A defect: the message that does it is parked for a person. */
export class StreamTooLongError extends Error {
  constructor(streamId: OrderId) {
    super(`stream ${streamId} would exceed ${maxStreamEvents} events`);
    this.name = 'StreamTooLongError';
  }
}

/** @throws StreamTooLongError */
export function refuseLongStream(loaded: Loaded<unknown>): void {
  if (loaded.version > maxStreamEvents) throw new StreamTooLongError(loaded.streamId);
}

export type Streams<State, Event extends AnyEvent> = {
  readonly definition: StreamDefinition<State, Event>;
  /** From the cache or the log: may be behind another process, which the check at the append then finds. */
  load(streamId: OrderId): Promise<Loaded<State>>;
  /** From the log, read now. */
  loadFresh(streamId: OrderId): Promise<Loaded<State>>;
  /** Those of the streams that are in the cache. */
  recall(streamIds: readonly OrderId[]): ReadonlyMap<OrderId, Loaded<State>>;
  /** A stream as its rows make it; not remembered. */
  restore(streamId: OrderId, rows: readonly LogRow[]): Loaded<State>;
  /** The unit that records these events, and the state it leads to if it is recorded. */
  decided(
    loaded: Loaded<State>,
    events: readonly Decided<Event>[],
    cause: Cause,
  ): { unit: AppendUnit; next: Loaded<State> };
  /** Applies recorded rows to the state that they were decided on. @throws Error when they do not follow it. */
  apply(loaded: Loaded<State>, rows: readonly LogRow[]): Loaded<State>;
  remember(loaded: Loaded<State>): void;
  forget(streamIds: readonly OrderId[]): void;
};

const maxCachedStreams = 10_000;

export function createStreams<State, Event extends AnyEvent>(
  log: EventLog,
  definition: StreamDefinition<State, Event>,
): Streams<State, Event> {
  const cache = new Map<OrderId, Loaded<State>>();

  const apply = (loaded: Loaded<State>, rows: readonly LogRow[]) =>
    rows.reduce((current, row) => {
      if (row.version !== current.version + 1) {
        throw new Error(`row ${row.version} of stream ${row.streamId} does not follow version ${current.version}`);
      }
      return applyRow(definition, current, row);
    }, loaded);
  const restore = (streamId: OrderId, rows: readonly LogRow[]) => apply(emptyStream(definition, streamId), rows);
  const remember = (loaded: Loaded<State>) => {
    // A reader that was slow must not put an older state in the place of a newer one.
    if ((cache.get(loaded.streamId)?.version ?? 0) > loaded.version) return;
    cache.delete(loaded.streamId);
    cache.set(loaded.streamId, loaded);
    if (cache.size <= maxCachedStreams) return;
    for (const oldest of cache.keys()) {
      cache.delete(oldest);
      break;
    }
  };
  const loadFresh = async (streamId: OrderId) => {
    const loaded = restore(streamId, await log.readStream(streamId));
    if (loaded.version > 0) remember(loaded);
    return loaded;
  };

  return {
    definition,
    load: async (streamId) => cache.get(streamId) ?? loadFresh(streamId),
    loadFresh,
    recall: (streamIds) =>
      new Map(
        streamIds.flatMap((streamId) => {
          const loaded = cache.get(streamId);
          return loaded === undefined ? [] : [[streamId, loaded]];
        }),
      ),
    restore,
    decided(loaded, events, cause) {
      const state = events.reduce((current, event) => evolveOne(definition, current, event), loaded.state);
      const version = loaded.version + events.length;
      const { streamId } = loaded;
      return {
        unit: {
          // Work that nobody asked for goes on in its stream's trace.
          cause: cause.correlationId === undefined ? { ...cause, ...loaded.origin } : cause,
          streams: [{ streamId, expectedVersion: loaded.version, events, readModel: definition.project(state) }],
        },
        next: { ...loaded, state, version },
      };
    },
    apply,
    remember,
    forget: (streamIds) => streamIds.forEach((streamId) => cache.delete(streamId)),
  };
}

export function emptyStream<State, Event extends AnyEvent>(
  definition: StreamDefinition<State, Event>,
  streamId: OrderId,
): Loaded<State> {
  return { streamId, version: 0, state: definition.initialState, createdAt: 0, updatedAt: 0, timer: null };
}

export function applyRow<State, Event extends AnyEvent>(
  definition: StreamDefinition<State, Event>,
  loaded: Loaded<State>,
  row: LogRow,
): Loaded<State> {
  const event = definition.upcast ? definition.upcast(row.type, row.data) : row;
  return {
    streamId: loaded.streamId,
    version: row.version,
    state: evolveOne(definition, loaded.state, event),
    createdAt: loaded.version === 0 ? row.recordedAt : loaded.createdAt,
    updatedAt: row.recordedAt,
    timer: timerAfter(loaded.timer, row),
    origin: { correlationId: row.correlationId, traceparent: row.traceparent },
  };
}

/** The stream's timer after a row: the row's own, none, or the one that was there. */
export function timerAfter(
  before: StreamTimer | null,
  row: Pick<LogRow, 'timer' | 'recordedAt' | 'version'>,
): StreamTimer | null {
  if (row.timer === undefined) return before;
  if (row.timer === null) return null;
  return { kind: row.timer.kind, dueAt: row.recordedAt + row.timer.afterMs, setByVersion: row.version };
}

function evolveOne<State, Event extends AnyEvent>(
  definition: StreamDefinition<State, Event>,
  state: State,
  event: AnyEvent,
): State {
  return isMarker(event) ? state : definition.evolve(state, event as Event);
}
