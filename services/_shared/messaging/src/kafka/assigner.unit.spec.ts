import * as fc from 'fast-check';
import { AssignerProtocol } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { assignPartitions, createAssigner, type GroupMember } from './assigner.ts';

const anyMembers: fc.Arbitrary<readonly GroupMember[]> = fc.uniqueArray(
  fc.record({
    memberId: fc.string({ minLength: 1, maxLength: 8 }),
    topics: fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 }),
  }),
  { minLength: 1, maxLength: 12, selector: ({ memberId }) => memberId },
);
const anyPartitions = fc.integer({ min: 1, max: 64 });

const ownersOf = (members: readonly GroupMember[], partitions: number, topic: string, partition: number) =>
  [...assignPartitions(members, partitions)]
    .filter(([, topics]) => topics[topic]?.includes(partition))
    .map(([memberId]) => memberId);

describe('the partitions of a group', () => {
  it('go to one member each, who listens to their topic', () => {
    fc.assert(
      fc.property(anyMembers, anyPartitions, fc.nat({ max: 63 }), (members, partitions, any) => {
        for (const topic of new Set(members.flatMap(({ topics }) => topics))) {
          const owners = ownersOf(members, partitions, topic, any % partitions);
          expect(owners).toHaveLength(1);
          expect(members.find(({ memberId }) => memberId === owners[0])?.topics).toContain(topic);
        }
      }),
    );
  });

  it('are together for all topics, when all members listen to the same', () => {
    fc.assert(
      fc.property(anyMembers, anyPartitions, fc.nat({ max: 63 }), (anyone, partitions, any) => {
        const members = anyone.map(({ memberId }) => ({ memberId, topics: ['a', 'b', 'c'] }));
        const owners = ['a', 'b', 'c'].flatMap((topic) => ownersOf(members, partitions, topic, any % partitions));
        expect(new Set(owners).size).toBe(1);
      }),
    );
  });

  it('are shared evenly, the same way whoever deals them', () => {
    fc.assert(
      fc.property(anyMembers, anyPartitions, (anyone, partitions) => {
        const members = anyone.map(({ memberId }) => ({ memberId, topics: ['a'] }));
        const assignment = assignPartitions(members, partitions);
        expect(assignPartitions(members.toReversed(), partitions)).toEqual(assignment);
        const shares = [...assignment.values()].map((topics) => topics['a']?.length ?? 0);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

it('an assignment can be read by kafkajs', async () => {
  const assigner = createAssigner(4)({} as Parameters<ReturnType<typeof createAssigner>>[0]);
  const { metadata } = assigner.protocol({ topics: ['a', 'b'] });
  const assigned = await assigner.assign({
    topics: ['a', 'b'],
    members: [
      { memberId: 'one', memberMetadata: metadata },
      { memberId: 'two', memberMetadata: metadata },
    ],
  });

  const read = assigned.map(({ memberId, memberAssignment }) => [
    memberId,
    AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment,
  ]);
  expect(read).toEqual([
    ['one', { a: [0, 2], b: [0, 2] }],
    ['two', { a: [1, 3], b: [1, 3] }],
  ]);
});
