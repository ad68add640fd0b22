import type { LogRow } from './rows.ts';
import type { LogEpoch, LogIdentity } from './storage.port.ts';

/**
 * The epoch that a row was recorded in. Positions come again behind a restore from backup, where rows stood that it lost; with
 * the epoch, what is made of a position is unique for ever.
 */
export function epochOf(
  { epoch, restores = [] }: LogIdentity,
  { partition, position }: Pick<LogRow, 'partition' | 'position'>,
): number {
  return restores.findLast(({ from }) => position >= (from[partition] ?? Infinity))?.epoch ?? epoch;
}

/** What a new log is made with, as a database keeps it. */
export function factsOf({ logId, service, partitions, epoch }: LogIdentity): readonly [string, string][] {
  return [
    ['logId', logId],
    ['service', service],
    ['partitions', String(partitions)],
    ['epoch', String(epoch)],
  ];
}

/** The one that rows are recorded in now. */
export function latestEpoch({ epoch, restores = [] }: Pick<LogIdentity, 'epoch' | 'restores'>): number {
  return restores.at(-1)?.epoch ?? epoch;
}

const nameOf = (epoch: number, partition: number | string) => `epoch/${epoch}/${partition}`;
const pattern = /^epoch\/(\d+)\/(\d+)$/;

/** Reads the epochs of restores, and the first one, from the facts that a database keeps of its log. */
export function epochsIn(facts: ReadonlyMap<string, string>): Pick<LogIdentity, 'epoch' | 'restores'> {
  const from = new Map<number, number[]>();
  for (const [name, value] of facts) {
    const [, epoch, partition] = pattern.exec(name) ?? [];
    if (epoch === undefined) continue;
    const places = from.get(Number(epoch)) ?? [];
    places[Number(partition)] = Number(value);
    from.set(Number(epoch), places);
  }
  const restores = [...from].map(([epoch, places]): LogEpoch => ({ epoch, from: places }));
  const first = { epoch: Number(facts.get('epoch')) };
  return restores.length === 0 ? first : { ...first, restores: restores.toSorted((a, b) => a.epoch - b.epoch) };
}

/** The facts that begin the next epoch at these positions, as `epochsIn` reads them. */
export function nextEpochFacts(
  facts: ReadonlyMap<string, string>,
  from: readonly number[],
): readonly [string, string][] {
  const next = latestEpoch(epochsIn(facts)) + 1;
  return from.map((position, partition) => [nameOf(next, partition), String(position)]);
}
