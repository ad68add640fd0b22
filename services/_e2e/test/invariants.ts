import { type Acknowledged, check, type Get, readEvidence } from '@checkout/checker';
import { expect, test } from 'vitest';
import { createClient } from './client.ts';
import { onServers } from './where.ts';

/** Longer than the client waits for anything. */
const settleMs = onServers ? 150_000 : 40_000;

/** A platform, what its clients were told, and since when. A client of the end-to-end tests is one. */
type Run = {
  readonly get: Get;
  readonly acknowledged: () => readonly Acknowledged[];
  readonly since?: string | undefined;
};

/**
 * The last test of a file: waits until every order is at its end or waits for a person, and holds the whole run against the
 * invariants. Each user must have placed one order, with one key.
 */
export function testInvariants(runOf: () => Run): void {
  test('in the end every invariant holds', { timeout: settleMs }, async () => {
    const { get, acknowledged, since } = runOf();
    const read = () => readEvidence(get, since === undefined ? {} : { since });
    const violations = async () => check({ ...(await read()), acknowledged: acknowledged() });
    await createClient('').until('every order to be at its end', violations, (found) =>
      found.every(({ invariant }) => invariant !== 'I4'),
    );

    expect(acknowledged().length).toBeGreaterThan(0);
    expect(await violations()).toEqual([]);
  });
}
