import type { ElasticsearchConfig } from '../config/cluster.ts';
import { errorFields, type Logger } from '../ops/logger.ts';
import { openElasticsearch } from '../store/elasticsearch/connection.ts';
import { dropExpired } from '../store/elasticsearch/retention.ts';
import { elasticsearchOptions } from './clusters.ts';

const EVERY_MS = 3_600_000;

/** Drops what is older than the configured retention, now and once an hour, until it is closed. */
export function keepRetention(config: ElasticsearchConfig, now: () => number, logger: Logger): { close(): Promise<void> } {
  const options = elasticsearchOptions(config);
  const client = openElasticsearch(options);
  let pending = Promise.resolve();
  const tidy = async (): Promise<void> => {
    const dropped = await dropExpired(client, options, now() - config.retentionMs);
    if (dropped.length > 0) logger.info({ indices: dropped }, 'dropped indices that are older than the retention');
  };
  const again = (): void => {
    pending = pending.then(tidy).catch((error: unknown) => logger.warn(errorFields(error), 'the retention could not be kept'));
  };
  again();
  const timer = setInterval(again, EVERY_MS);
  return {
    close: async () => {
      clearInterval(timer);
      await pending;
      await client.close();
    },
  };
}
