import type { OrderId } from '@checkout/kernel';
import { createVirtualClock } from '@checkout/kernel/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createGroupCommit, LogUnavailableError } from './group-commit.ts';
import { createMemoryStorage } from './memory/index.ts';
import type { LogRow } from './rows.ts';
import { anEvent, anOrder, aUnit, testIdentity } from './testing/index.ts';
import { type CommitFate, createScriptedStorage } from './testing/scripted-storage.ts';
import type { AppendRequest, AppendResult, AppendUnit, UnitOutcome } from './units.ts';

const orders = [anOrder(0, 1), anOrder(0, 2), anOrder(1, 3)];

/** What a caller has been told of one unit of a request. */
type Told = UnitOutcome['kind'] | 'unavailable' | 'unknown';

/** A request, and what has come of it so far. Its number is in its events, so that a row tells whose it is. */
type Asked = {
  readonly number: number;
  readonly units: readonly AppendUnit[];
  readonly told: Told[][];
  times: number;
};

type Model = { readonly asked: Asked[]; answered: number; readonly lies: unknown[] };

function startLog(writers: number) {
  const clock = createVirtualClock();
  const storage = createScriptedStorage(createMemoryStorage({ identity: testIdentity, clock }));
  const announced: AppendResult[] = [];
  const commits = createGroupCommit({
    clock,
    writers,
    commit: (requests) => storage.commit(requests),
    announce: (results) => announced.push(...results),
  });
  let release = () => {};
  return {
    clock,
    storage,
    announced,
    append: (request: AppendRequest) => commits.append(request),
    drain: () => commits.drain(),
    hold() {
      release();
      release = storage.hold();
    },
    release: () => release(),
    rows: async () => (await Promise.all(orders.map((orderId) => storage.readStream(orderId)))).flat(),
  };
}

type Log = ReturnType<typeof startLog>;
type Command = fc.AsyncCommand<Model, Log>;

const command = (name: string, run: (model: Model, log: Log) => unknown): Command => ({
  check: () => true,
  toString: () => name,
  async run(model, log) {
    await run(model, log);
    expect(model.lies).toEqual([]);
    expectLog(model, await log.rows());
  },
});

const unitOf = ({ data }: Pick<LogRow, 'data'>) => (data as { readonly unit: string }).unit;
const keyOf = ({ streamId, version }: Pick<LogRow, 'streamId' | 'version'>) => `${streamId}/${version}`;

/** The rows are in order, each cause has acted once, each unit is there whole, and no row is of a unit that was set aside. */
function expectLog({ asked }: Model, rows: readonly LogRow[]): void {
  for (const ofStream of Map.groupBy(rows, ({ streamId }) => streamId).values()) {
    expect(ofStream.map(({ version }) => version)).toEqual(ofStream.map((_, index) => index + 1));
    const causes = ofStream.filter(({ causeIndex }) => causeIndex === 0).map(({ causeId }) => causeId);
    expect(new Set(causes).size).toBe(causes.length);
  }
  const rowsOfUnits = Map.groupBy(rows, unitOf);
  for (const { number, units, told, times } of asked) {
    for (const [index, unit] of units.entries()) {
      const [stream] = unit.streams;
      const own = rowsOfUnits.get(`${number}.${index}`) ?? [];
      const words = told.map((answer) => answer[index]!);
      if (own.length > 0) {
        expect(own.map(({ version }) => version)).toEqual(
          stream!.events.map((_, at) => stream!.expectedVersion + at + 1),
        );
      }
      if (words.includes('appended')) expect(own.length).toBe(stream!.events.length);
      // What is told for sure of a unit that was asked for once is so.
      const isForSure = words[0] === 'unavailable' || words[0] === 'conflict' || words[0] === 'duplicate';
      if (times === 1 && isForSure) expect(own).toEqual([]);
    }
  }
}

/** What an answer claims must be in the log as it says. */
async function hear(log: Log, { units }: Asked, { outcomes }: AppendResult): Promise<void> {
  const recorded = new Map((await log.rows()).map((row) => [keyOf(row), row]));
  const setAside = new Set<OrderId>();
  for (const [index, outcome] of outcomes.entries()) {
    const unit = units[index]!;
    const [{ streamId } = { streamId: undefined }] = unit.streams;
    // Whatever was decided behind a unit that did not fit was decided on a state that did not come about.
    if (outcome.kind === 'appended') expect(setAside).not.toContain(streamId);
    else if (streamId !== undefined) setAside.add(streamId);
    if (outcome.kind === 'conflict') expect(outcome.streamId).toBe(streamId);
    if (outcome.kind !== 'appended' && outcome.kind !== 'duplicate') continue;
    expect(outcome.rows.length).toBeGreaterThan(0);
    for (const row of outcome.rows) expect(row).toEqual(recorded.get(keyOf(row)));
    expect(new Set(outcome.rows.map(({ causeId }) => causeId))).toEqual(new Set([unit.cause.id]));
    if (outcome.kind === 'appended') {
      const [{ expectedVersion, events } = { expectedVersion: -1, events: [] }] = unit.streams;
      expect(outcome.rows.map(({ version, data }) => [version, data])).toEqual(
        events.map(({ data }, at) => [expectedVersion + at + 1, data]),
      );
    }
  }
}

const ask = (model: Model, log: Log, asked: Asked) => {
  asked.times += 1;
  const heard = log.append({ units: asked.units }).then(
    async (result) => {
      asked.told.push(result.outcomes.map(({ kind }) => kind));
      await hear(log, asked, result);
    },
    (error: unknown) => {
      if (!(error instanceof LogUnavailableError)) throw error;
      asked.told.push(asked.units.map(() => (error.outcomeUnknown ? 'unknown' : 'unavailable')));
    },
  );
  void heard.catch((lie: unknown) => model.lies.push(lie)).finally(() => (model.answered += 1));
};

type Part = { readonly order: number; readonly behind: number; readonly cause: number; readonly events: number };

/** Units that are decided on a stream as it is, or as it was; a few causes, so that some have acted before. */
const append = (parts: readonly Part[]) =>
  command(`append ${JSON.stringify(parts)}`, async (model, log) => {
    const number = model.asked.length + 1;
    const versions = new Map<OrderId, number>();
    for (const orderId of orders) versions.set(orderId, (await log.storage.readStream(orderId)).length);
    const units = parts.map(({ order, behind, cause, events }, unit) => {
      const orderId = orders[order]!;
      const version = Math.max(0, versions.get(orderId)! - behind);
      versions.set(orderId, version + events);
      const decided = Array.from({ length: events }, (_, at) =>
        anEvent(0, { data: { unit: `${number}.${unit}`, at } }),
      );
      return aUnit(orderId, version, { cause: `cause ${cause}`, events: decided });
    });
    const asked: Asked = { number, units, told: [], times: 0 };
    model.asked.push(asked);
    ask(model, log, asked);
  });

/** As a caller does who was not told what became of it. */
const appendAgain = (which: number) =>
  command(`append request ${which} again`, (model, log) => {
    const asked = model.asked[which % Math.max(1, model.asked.length)];
    if (asked !== undefined) ask(model, log, asked);
  });
const fates = (some: readonly CommitFate[]) =>
  command(`commits end ${some.join(', ')}`, (_model, { storage }) => storage.next(...some));
const hold = command('commits hang', (_model, log) => log.hold());
const release = command('commits go on', (_model, log) => log.release());
const pass = (ms: number) => command(`${ms} ms pass`, (_model, { clock }) => clock.advance(ms));

const aPart = fc.record({
  order: fc.nat({ max: orders.length - 1 }),
  behind: fc.constantFrom(0, 0, 0, 1),
  cause: fc.nat({ max: 12 }),
  events: fc.integer({ min: 1, max: 2 }),
});
const aFate = fc.constantFrom<CommitFate>('committed', 'locked', 'refused', 'lost-before', 'lost-after', 'throws');
const often = (count: number, arbitrary: fc.Arbitrary<Command>) => Array.from({ length: count }, () => arbitrary);
const commands = fc.commands<Model, Log, false>(
  [
    ...often(4, fc.array(aPart, { minLength: 1, maxLength: 4, size: 'max' }).map(append)),
    fc.nat({ max: 30 }).map(appendAgain),
    ...often(2, fc.array(aFate, { minLength: 1, maxLength: 8, size: 'max' }).map(fates)),
    fc.constant(hold),
    fc.constant(release),
    ...often(3, fc.constantFrom(0, 1, 40, 3_000).map(pass)),
  ],
  { maxCommands: 50, size: 'max' },
);

/** Longer than all commits of the longest script could take, one after the other. */
const everythingIsOverMs = 1_000_000;

it('every caller hears what became of each of its units, and the log is what they heard', async () => {
  await fc.assert(
    fc.asyncProperty(commands, fc.integer({ min: 1, max: 4 }), async (some, writers) => {
      const model: Model = { asked: [], answered: 0, lies: [] };
      const log = startLog(writers);
      await fc.asyncModelRun(() => ({ model, real: log }), some);

      log.storage.recover();
      log.release();
      await pass(everythingIsOverMs).run(model, log);
      await log.drain();
      const answers = model.asked.flatMap(({ told }) => told);
      expect(answers.length).toBe(model.answered);

      // Everything that others were told of is recorded; and who was left in doubt finds out by asking again.
      const rows = await log.rows();
      const recorded = new Set(rows.map(keyOf));
      const announced = log.announced.flatMap(({ outcomes }) =>
        outcomes.flatMap((outcome) => (outcome.kind === 'appended' ? outcome.rows : [])),
      );
      for (const row of announced) expect(recorded).toContain(keyOf(row));
      for (const asked of model.asked) ask(model, log, asked);
      await pass(everythingIsOverMs).run(model, log);
      for (const { number, units, told } of model.asked) {
        for (const index of units.keys()) {
          const isRecorded = rows.some((row) => unitOf(row) === `${number}.${index}`);
          if (isRecorded) expect(told.at(-1)?.[index]).toBe('duplicate');
        }
      }
      expect(log.clock.pending()).toBe(0);
    }),
    { numRuns: 250 },
  );
});
