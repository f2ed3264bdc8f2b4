import type { ElasticsearchConfig } from '../config/cluster.ts';
import { errorFields, type Logger } from '../ops/logger.ts';
import { openElasticsearch } from '../store/elasticsearch/connection.ts';
import { dropExpired } from '../store/elasticsearch/retention.ts';
import { elasticsearchOptions } from './clusters.ts';
import { repeat } from './repeat.ts';

const EVERY_MS = 3_600_000;

/** Drops what is older than the configured retention, now and once an hour, until it is closed. */
export function keepRetention(config: ElasticsearchConfig, now: () => number, logger: Logger): { close(): Promise<void> } {
  const options = elasticsearchOptions(config);
  const client = openElasticsearch(options);
  const tidy = async (): Promise<void> => {
    const dropped = await dropExpired(client, options, now() - config.retentionMs);
    if (dropped.length > 0) logger.info({ indices: dropped }, 'dropped indices that are older than the retention');
  };
  const failed = (error: unknown): void => logger.warn(errorFields(error), 'the retention could not be kept');
  const repeating = repeat(EVERY_MS, tidy, failed);
  return {
    close: async () => {
      await repeating.close();
      await client.close();
    },
  };
}
