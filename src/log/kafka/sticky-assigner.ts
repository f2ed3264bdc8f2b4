import kafkajs, { type GroupMember, type PartitionAssigner } from 'kafkajs';
import { z } from 'zod';

/** A member of a group as the one that deals sees it. */
export interface Member {
  readonly id: string;
  /** When it began: the longer there, the more right to what nobody has. */
  readonly since: number;
  /** The partitions that it had last. */
  readonly has: readonly number[];
}

/**
 * Deals partitions so that no member has two more than another, and whoever has one keeps it where that allows: one who joins to stand
 * by takes nothing from the owner of the only partition.
 */
export function deal(partitions: readonly number[], members: readonly Member[]): ReadonlyMap<string, readonly number[]> {
  const byAge = members.toSorted((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1));
  const dealt = new Map(byAge.map(({ id }) => [id, [] as number[]]));
  const least = Math.floor(partitions.length / Math.max(1, members.length));
  let more = partitions.length % Math.max(1, members.length);
  const free = new Set(partitions);
  // Those with most first, so that who may have one more is one that has it already.
  for (const { id, has } of byAge.toSorted((a, b) => b.has.length - a.has.length)) {
    const claims = [...new Set(has)].filter((partition) => free.has(partition));
    const quota = claims.length > least && more > 0 ? least + 1 : least;
    if (quota > least) more -= 1;
    for (const partition of claims.slice(0, quota)) {
      dealt.get(id)?.push(partition);
      free.delete(partition);
    }
  }
  for (const partition of free) {
    const poorest = byAge.reduce((a, b) => ((dealt.get(b.id)?.length ?? 0) < (dealt.get(a.id)?.length ?? 0) ? b : a));
    dealt.get(poorest.id)?.push(partition);
  }
  return dealt;
}

/** What a member had last, and the id by which the group gave it that. */
export interface Claim {
  readonly memberId: string | undefined;
  readonly has: readonly number[];
}

const claimSchema = z.object({
  since: z.number(),
  memberId: z.string().optional(),
  has: z.array(z.number().int().nonnegative()),
});
const NAME = 'barograph-sticky';
const VERSION = 1;

/**
 * For members that read one topic each. `claim` is asked at each deal. One whom the group has missed comes back by another id: what it
 * had is another's by now, and it claims nothing, though it does not know that yet.
 */
export function stickyAssigner(since: number, claim: () => Claim): PartitionAssigner {
  const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
  const memberOf = ({ memberId, memberMetadata }: GroupMember): Member => {
    const claimed = claimSchema.parse(JSON.parse(MemberMetadata.decode(memberMetadata)?.userData.toString('utf8') ?? ''));
    return { id: memberId, since: claimed.since, has: claimed.memberId === memberId ? claimed.has : [] };
  };
  return ({ cluster }) => ({
    ...{ name: NAME, version: VERSION },
    assign: async ({ members, topics }) => {
      const [topic = ''] = topics;
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      return [
        ...deal(
          partitions.toSorted((a, b) => a - b),
          members.map(memberOf),
        ),
      ].map(([memberId, own]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          ...{ version: VERSION, assignment: { [topic]: [...own] }, userData: Buffer.alloc(0) },
        }),
      }));
    },
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: MemberMetadata.encode({
        ...{ version: VERSION, topics, userData: Buffer.from(JSON.stringify({ since, ...claim() })) },
      }),
    }),
  });
}
