import type { Admin } from 'kafkajs';
import type { Topic } from '../port.ts';
import { type KafkaOptions, topicName } from './connection.ts';

export const TOPICS: readonly Topic[] = ['news.raw', 'news.scored', 'news.labelled', 'alerts', 'dead-letter'];

/** How topics are made; what exists is left as it is. */
export interface TopicSettings {
  /** Of `news.raw`: as many processes can classify. */
  readonly partitions: number;
  readonly replicas: number;
  /** Of articles and dead letters; −1 keeps records for ever. */
  readonly retentionMs: number;
}

interface TopicPlan {
  readonly topic: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configEntries: { readonly name: string; readonly value: string }[];
}

/** `news.scored` has one partition: its offsets are the order. Of an alert the log keeps the newest version; labels are kept for ever. */
export function topicPlan(options: KafkaOptions, { partitions, replicas, retentionMs }: TopicSettings): readonly TopicPlan[] {
  return TOPICS.map((topic) => ({
    topic: topicName(options, topic),
    numPartitions: topic === 'news.raw' ? partitions : 1,
    replicationFactor: replicas,
    configEntries:
      topic === 'alerts'
        ? [{ name: 'cleanup.policy', value: 'compact' }]
        : [
            { name: 'cleanup.policy', value: 'delete' },
            { name: 'retention.ms', value: String(topic === 'news.labelled' ? -1 : retentionMs) },
          ],
  }));
}

/** The topics of a plan that the cluster lacks. */
export async function missingTopics(admin: Admin, plan: readonly TopicPlan[]): Promise<readonly TopicPlan[]> {
  const existing = new Set(await admin.listTopics());
  return plan.filter(({ topic }) => !existing.has(topic));
}

export async function createTopics(admin: Admin, plan: readonly TopicPlan[]): Promise<void> {
  const missing = await missingTopics(admin, plan);
  if (missing.length > 0) await admin.createTopics({ topics: missing.map((topic) => ({ ...topic })), waitForLeaders: true });
}
