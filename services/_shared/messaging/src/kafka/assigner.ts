import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';

/** What a member of a group listens to. */
export type GroupMember = { readonly memberId: string; readonly topics: readonly string[] };

/** Member to topic to partitions. */
export type GroupAssignment = ReadonlyMap<string, Readonly<Record<string, readonly number[]>>>;

/**
 * Partition n of all topics goes to one member, because an order's messages are in partition n of all of them. Members of
 * two releases may listen to different topics: a topic that the partition's member does not know goes to one that does.
 */
export function assignPartitions(members: readonly GroupMember[], partitions: number): GroupAssignment {
  const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const assignment = new Map(sorted.map(({ memberId }): [string, Record<string, number[]>] => [memberId, {}]));
  for (const topic of new Set(members.flatMap(({ topics }) => topics))) {
    const listeners = sorted.filter(({ topics }) => topics.includes(topic));
    for (let partition = 0; partition < partitions; partition += 1) {
      const chosen = sorted[partition % sorted.length];
      const member = chosen?.topics.includes(topic) === true ? chosen : listeners[partition % listeners.length];
      const ofMember = member && assignment.get(member.memberId);
      if (ofMember) (ofMember[topic] ??= []).push(partition);
    }
  }
  return assignment;
}

const version = 1;

/** kafkajs' own assigner deals topics one by one, so that two members work on each order. */
export function createAssigner(partitions: number): PartitionAssigner {
  return () => ({
    name: 'checkout-partition',
    version,
    async assign({ members }) {
      const listening = members.map(({ memberId, memberMetadata }) => ({
        memberId,
        topics: AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics ?? [],
      }));
      return [...assignPartitions(listening, partitions)].map(([memberId, topics]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version,
          assignment: topics as Record<string, number[]>,
          userData: Buffer.alloc(0),
        }),
      }));
    },
    protocol: ({ topics }) => ({
      name: 'checkout-partition',
      metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: Buffer.alloc(0) }),
    }),
  });
}
