import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartitionAssigner } from 'kafkajs';
import { connectClient } from '../../../src/log/kafka/client.ts';
import { groupName, type KafkaOptions, topicName } from '../../../src/log/kafka/connection.ts';
import { KafkaLog } from '../../../src/log/kafka/kafka-log.ts';
import { stickyAssigner } from '../../../src/log/kafka/sticky-assigner.ts';
import { createTopics, topicPlan } from '../../../src/log/kafka/topics.ts';
import { eventually } from '../../eventually.ts';
import { testServers } from '../../servers.ts';

const { servers, skip } = testServers();

describe('a deal of partitions', { skip, timeout: 60_000 }, () => {
  if (servers === undefined) return;
  const options: KafkaOptions = {
    ...{ brokers: [`127.0.0.1:${servers.kafka.plain}`], prefix: `${randomUUID().slice(0, 8)}.`, sessionTimeoutMs: 6000 },
  };
  const plan = topicPlan(options, { partitions: 3, replicas: 1, retentionMs: -1 });
  const log = new KafkaLog(options);
  before(async () => {
    const { own: admin, release } = await connectClient(options, (kafka) => kafka.admin());
    await createTopics(admin, plan);
    await release();
  });
  after(async () => {
    await log.close();
    const { own: admin, release } = await connectClient(options, (kafka) => kafka.admin());
    await admin.deleteTopics({ topics: plan.map(({ topic }) => topic) });
    await release();
  });

  it('in which a position was refused is followed by that position, though nothing more is read', async (t) => {
    const dealing = Promise.withResolvers<void>();
    let slow = false;
    /** Of the member that deals, when it takes its time: no position is taken meanwhile. */
    const slowAssigner: PartitionAssigner = (config) => {
      const assigner = stickyAssigner(0, () => ({ memberId: undefined, has: [] }))(config);
      return {
        ...assigner,
        assign: async (group) => {
          if (slow) {
            dealing.resolve();
            await sleep(2000);
          }
          return assigner.assign(group);
        },
      };
    };
    const { own: leader, release } = await connectClient(options, (kafka) =>
      kafka.consumer({ groupId: groupName(options, 'deals'), sessionTimeout: 6000, partitionAssigners: [slowAssigner] }),
    );
    t.after(release);
    const joined = Promise.withResolvers<void>();
    leader.on('consumer.group_join', () => joined.resolve());
    await leader.subscribe({ topic: topicName(options, 'news.raw') });
    await leader.run({ autoCommit: false, eachMessage: async () => undefined });
    await joined.promise;

    const reader = await log.subscribe('news.raw', 'deals');
    const records = Array.from({ length: 30 }, (_, i) => ({ key: `key ${i}`, value: `value ${i}` }));
    await log.append('news.raw', records);
    const read = await reader.next(30, AbortSignal.timeout(20_000));
    const partition = read[0]?.record.partition ?? -1;
    slow = true;
    const third = log.subscribe('news.raw', 'deals');
    await dealing.promise;
    for (const { ack } of read) ack();
    await third;
    const next = (await log.ranges('news.raw')).find((range) => range.partition === partition)?.next;
    assert.equal(read.length, next);
    await eventually(async () => (await log.positions('news.raw', 'deals')).get(partition) === next, 'the position', 10_000);
  });
});
