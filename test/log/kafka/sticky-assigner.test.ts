import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import kafkajs, { type Cluster } from 'kafkajs';
import { type Claim, deal, type Member, stickyAssigner } from '../../../src/log/kafka/sticky-assigner.ts';

const partitions = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

describe('dealing partitions', () => {
  it('leaves the only partition with its owner when an older member comes to stand by', () => {
    const dealt = deal(
      [0],
      [
        { id: 'owner', since: 2, has: [0] },
        { id: 'standby', since: 1, has: [] },
      ],
    );
    assert.deepEqual(
      [...dealt],
      [
        ['standby', []],
        ['owner', [0]],
      ],
    );
  });

  it('gives what nobody has to the oldest', () => {
    const dealt = deal(
      [0],
      [
        { id: 'a', since: 2, has: [] },
        { id: 'b', since: 1, has: [] },
      ],
    );
    assert.deepEqual(dealt.get('b'), [0]);
  });

  it('takes nothing from the owner for one who was stopped, was missed and does not know', async () => {
    const cluster = { findTopicPartitionMetadata: () => [{ partitionId: 0 }] } as unknown as Cluster;
    const member = (memberId: string, since: number, claim: Claim) => {
      const assigner = stickyAssigner(since, () => claim)({ cluster, groupId: 'ledger', logger: {} as never });
      return { assigner, joined: { memberId, memberMetadata: assigner.protocol({ topics: ['news.scored'] }).metadata } };
    };
    const back = member('back-2', 1, { memberId: 'back-1', has: [0] });
    const owner = member('owner-1', 2, { memberId: 'owner-1', has: [0] });
    const members = [back.joined, owner.joined];
    const dealt = await back.assigner.assign({ members, topics: ['news.scored'], userData: Buffer.alloc(0) } as never);
    const given = dealt.map(({ memberId, memberAssignment }) => [
      memberId,
      kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment['news.scored'],
    ]);
    assert.deepEqual(Object.fromEntries(given), { 'back-2': [], 'owner-1': [0] });
  });

  it('gives a third member its part, and nobody anything new besides', () => {
    const dealt = deal(partitions(6), [
      { id: 'a', since: 1, has: [0, 1, 2] },
      { id: 'b', since: 2, has: [3, 4, 5] },
      { id: 'c', since: 3, has: [] },
    ]);
    assert.deepEqual(
      [dealt.get('a'), dealt.get('b'), dealt.get('c')],
      [
        [0, 1],
        [3, 4],
        [2, 5],
      ],
    );
  });

  it('deals each partition once and evenly, whatever members claim, and moves none that may stay', () => {
    const members = fc.uniqueArray(
      fc.record({ id: fc.string({ minLength: 1, maxLength: 4 }), since: fc.nat(5), has: fc.array(fc.nat(14)) }),
      { minLength: 1, maxLength: 6, selector: ({ id }) => id },
    );
    fc.assert(
      fc.property(fc.nat(12), members, (count, some: readonly Member[]) => {
        const dealt = [...deal(partitions(count), some).values()];
        assert.deepEqual(
          dealt.flat().toSorted((a, b) => a - b),
          partitions(count),
        );
        const sizes = dealt.map(({ length }) => length);
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
        // Dealt again, with what they have now, nothing moves.
        const again = deal(
          partitions(count),
          some.map((member) => ({ ...member, has: deal(partitions(count), some).get(member.id) ?? [] })),
        );
        for (const [id, own] of deal(partitions(count), some)) assert.deepEqual(new Set(again.get(id)), new Set(own));
      }),
    );
  });
});
