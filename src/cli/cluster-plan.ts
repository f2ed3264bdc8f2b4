import type { Config } from '../config/schema.ts';
import { connectClient } from '../log/kafka/client.ts';
import { kafkaFault } from '../log/kafka/connection.ts';
import { createTopics, missingTopics, topicPlan } from '../log/kafka/topics.ts';
import { elasticsearchFault, openElasticsearch } from '../store/elasticsearch/connection.ts';
import { changedTemplates, hasLifecycles, putTemplates } from '../store/elasticsearch/setup.ts';
import { elasticsearchOptions, kafkaOptions } from './clusters.ts';

/** What a cluster lacks, and how to make it. */
export interface ClusterPlan {
  /** As `topic news.raw, 6 partitions`. */
  readonly missing: readonly string[];
  /** What was connected to. */
  readonly about: string;
  apply(): Promise<void>;
  close(): Promise<void>;
}

/** Compares the topics of a Kafka cluster with what is configured. Rejects with `E_LOG_*`. */
export async function planKafka(config: NonNullable<Config['kafka']>): Promise<ClusterPlan> {
  const options = kafkaOptions(config);
  const guarded = async <T>(work: () => Promise<T>, release = async (): Promise<void> => undefined): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      await release();
      throw kafkaFault(error, options.brokers);
    }
  };
  const { partitions, replicas, retentionMs } = config;
  const plan = topicPlan(options, { partitions, replicas: replicas ?? -1, retentionMs });
  const { own: admin, release } = await guarded(() => connectClient(options, (kafka) => kafka.admin()));
  return guarded(async () => {
    const { brokers, clusterId } = await admin.describeCluster();
    const missing = await missingTopics(admin, plan);
    return {
      about: `Kafka cluster ${clusterId}, ${brokers.length} ${brokers.length === 1 ? 'broker' : 'brokers'} (${brokers.map(({ host, port }) => `${host}:${port}`).join(', ')})`,
      missing: missing.map(({ topic, numPartitions: n }) => `topic ${topic}, ${n} ${n === 1 ? 'partition' : 'partitions'}`),
      apply: () => guarded(() => createTopics(admin, missing)),
      close: release,
    };
  }, release);
}

/** Compares the index templates of an Elasticsearch cluster with what this version needs. Rejects with `E_STORE_*`. */
export async function planElasticsearch(config: NonNullable<Config['elasticsearch']>): Promise<ClusterPlan> {
  const options = elasticsearchOptions(config);
  const client = openElasticsearch(options);
  try {
    const changed = await changedTemplates(client, options, config);
    const health = await client.cluster.health();
    const nodes = health.number_of_nodes;
    const lifecycles = (await hasLifecycles(client, options)) ? 'has life-cycle rules, not used' : 'has no life-cycle rules';
    return {
      about: `Elasticsearch cluster ${health.cluster_name}, ${nodes} ${nodes === 1 ? 'node' : 'nodes'}, ${health.status}; ledgers drop expired months (it ${lifecycles})`,
      missing: changed.map(({ name }) => `index template ${name}`),
      apply: () => putTemplates(client, options, changed),
      close: () => client.close(),
    };
  } catch (error) {
    await client.close();
    throw elasticsearchFault(error, options.nodes);
  }
}
