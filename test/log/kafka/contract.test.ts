import { randomUUID } from 'node:crypto';
import { after, describe } from 'node:test';
import { openClient } from '../../../src/log/kafka/client.ts';
import { KafkaLog } from '../../../src/log/kafka/kafka-log.ts';
import { createTopics, topicPlan } from '../../../src/log/kafka/topics.ts';
import { eventLogContract } from '../../contract/event-log.ts';
import { testServers } from '../../servers.ts';

const { servers, skip } = testServers();

describe('Kafka', { skip }, () => {
  if (servers === undefined) return;
  const common = { brokers: [`127.0.0.1:${servers.kafka.plain}`], sessionTimeoutMs: 6000 };
  const { own: admin, release } = openClient({ ...common, prefix: '' }, (kafka) => kafka.admin());
  after(release);

  eventLogContract('kafka', async () => {
    const options = { ...common, prefix: `${randomUUID().slice(0, 8)}.` };
    await admin.connect();
    const plan = topicPlan(options, { partitions: 2, replicas: 1, retentionMs: -1 });
    await createTopics(admin, plan);
    return {
      open: async () => new KafkaLog(options),
      remove: () => admin.deleteTopics({ topics: plan.map(({ topic }) => topic) }),
    };
  });
});
