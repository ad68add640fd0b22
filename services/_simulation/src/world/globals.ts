import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { Dice } from './dice.ts';
import type { Cancel, Scheduler } from './scheduler.ts';
import { worldBeginsAt } from './simulated-process.ts';

/** What the globals answer from while a world runs. */
export type GlobalsOf = {
  readonly scheduler: Scheduler;
  readonly dice: Dice;
};

export type Globals = {
  /** Resolves when all microtasks, and what Node runs beside them, have run. One call at a time. */
  readonly settle: () => Promise<void>;
  /** From now on time, timers and randomness are the world's. Returns the function that gives them back. */
  readonly enter: (world: GlobalsOf) => () => void;
};

/** Real input and output has no place in a simulated world: whoever tries is told so. */
const forbidden: readonly (readonly [module: string, path: readonly string[]])[] = [
  ['node:net', ['Socket', 'prototype', 'connect']],
  ['node:net', ['Server', 'prototype', 'listen']],
  ['node:dgram', ['Socket', 'prototype', 'bind']],
  ['node:fs', ['openSync']],
  ['node:fs', ['open']],
  ['node:fs', ['writeFileSync']],
  ['node:child_process', ['ChildProcess', 'prototype', 'spawn']],
];

/**
 * Replaces `Date`, `performance.now`, timers, `Math.random`, the random functions of `crypto` and `AbortSignal.timeout`,
 * so that libraries without a clock port run on the world's time. Call once, before production code is imported: what it
 * has captured by then stays real.
 */
export function replaceGlobals(): Globals {
  const realSetImmediate = setImmediate;
  let active: GlobalsOf | undefined;

  replaceTime(() => active);
  replaceTimers(() => active);
  replaceRandomness(() => active);
  forbidRealIo(() => active !== undefined);

  return {
    settle: createSettling(realSetImmediate),
    enter(world) {
      if (active !== undefined) throw new Error('one world at a time');
      active = world;
      return () => {
        active = undefined;
      };
    },
  };
}

/** Immediates that are asked for at once: each costs a turn of the event loop, with its system call, only once in so many. */
const immediatesPerTurn = 64;

/**
 * Node runs all microtasks between two immediates of one turn, so every immediate is a point at which all has settled.
 * What nobody waits for any more does nothing.
 */
function createSettling(later: typeof setImmediate): () => Promise<void> {
  let resolve: (() => void) | undefined;
  let ahead = 0;
  const next = () => {
    ahead -= 1;
    const settled = resolve;
    resolve = undefined;
    settled?.();
  };
  return () => {
    if (ahead === 0) {
      ahead = immediatesPerTurn;
      for (let index = 0; index < immediatesPerTurn; index += 1) later(next);
    }
    return new Promise((whenSettled) => {
      resolve = whenSettled;
    });
  };
}

type Active = () => GlobalsOf | undefined;

function replaceTime(active: Active): void {
  const RealDate = Date;
  const now = () => {
    const world = active();
    if (world === undefined) return RealDate.now();
    const { scheduler } = world;
    return scheduler.current()?.wallClock() ?? Math.floor(worldBeginsAt + scheduler.elapsed());
  };
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values: unknown[], newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
    get: (target, property, receiver) =>
      property === 'now' ? now : (Reflect.get(target, property, receiver) as unknown),
  });
  const realNow = performance.now.bind(performance);
  performance.now = () => active()?.scheduler.elapsed() ?? realNow();
  const realTimeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => {
    const world = active();
    if (world === undefined) return realTimeout(ms);
    const controller = new AbortController();
    world.scheduler.schedule(world.scheduler.current(), ms, () =>
      controller.abort(new DOMException('simulated: timed out', 'TimeoutError')),
    );
    return controller.signal;
  };
}

/** As much of Node's timer objects as libraries use. */
class SimulatedTimer {
  readonly cancel: Cancel;
  constructor(cancel: Cancel) {
    this.cancel = cancel;
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  hasRef() {
    return true;
  }
}

function replaceTimers(active: Active): void {
  type Run = (...values: unknown[]) => void;
  const real = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };
  const once = (afterMs: (ms: unknown) => number, fallback: Run) =>
    ((run: Run, ms: unknown, ...values: unknown[]) => {
      const world = active();
      if (world === undefined) return fallback(run, ms, ...values);
      const { scheduler } = world;
      return new SimulatedTimer(scheduler.schedule(scheduler.current(), afterMs(ms), () => run(...values)));
    }) as never;
  const clear = (fallback: Run) =>
    ((timer: unknown) => {
      if (timer instanceof SimulatedTimer) timer.cancel();
      else fallback(timer);
    }) as never;
  const millis = (ms: unknown) => (typeof ms === 'number' && ms > 0 ? ms : 0);

  globalThis.setTimeout = once(millis, real.setTimeout as Run);
  globalThis.setImmediate = ((run: Run, ...values: unknown[]) => {
    const world = active();
    if (world === undefined) return (real.setImmediate as Run)(run, ...values);
    const { scheduler } = world;
    return new SimulatedTimer(scheduler.schedule(scheduler.current(), 0, () => run(...values)));
  }) as never;
  globalThis.setInterval = ((run: Run, ms: unknown, ...values: unknown[]) => {
    const world = active();
    if (world === undefined) return (real.setInterval as Run)(run, ms, ...values);
    const { scheduler } = world;
    let cancel: Cancel = () => {};
    const again = () => {
      cancel = scheduler.schedule(scheduler.current(), Math.max(1, millis(ms)), () => {
        again();
        run(...values);
      });
    };
    again();
    return new SimulatedTimer(() => cancel());
  }) as never;
  globalThis.clearTimeout = clear(real.clearTimeout as Run);
  globalThis.clearInterval = clear(real.clearInterval as Run);
  globalThis.clearImmediate = clear(real.clearImmediate as Run);
}

function replaceRandomness(active: Active): void {
  const realRandom = Math.random.bind(Math);
  Math.random = () => active()?.dice.next() ?? realRandom();
  const { crypto } = globalThis;
  const realUuid = crypto.randomUUID.bind(crypto);
  const realValues = crypto.getRandomValues.bind(crypto);
  crypto.getRandomValues = (values) => {
    const world = active();
    if (world === undefined || values === null) return realValues(values);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = world.dice.between(0, 255);
    return values;
  };
  crypto.randomUUID = () => {
    if (active() === undefined) return realUuid();
    const hex = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
}

function forbidRealIo(isActive: () => boolean): void {
  const require = createRequire(import.meta.url);
  for (const [module, path] of forbidden) {
    const name = path.at(-1) ?? '';
    const owner = path
      .slice(0, -1)
      .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], require(module));
    const real = (owner as Record<string, (...values: unknown[]) => unknown>)[name];
    if (real === undefined) throw new Error(`${module} has no ${path.join('.')}`);
    (owner as Record<string, unknown>)[name] = function (this: unknown, ...values: unknown[]) {
      if (isActive()) throw new Error(`real input or output inside of a simulated world: ${module} ${path.join('.')}`);
      return real.apply(this, values);
    };
  }
  syncBuiltinESMExports();
}
