import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Place, TargetPlace } from '../../pipelines/migrate.ts';
import type { ElasticsearchConfig, KafkaConfig } from '../config/cluster.ts';
import type { Config } from '../config/schema.ts';
import { BarographError } from '../domain/errors.ts';
import type { KafkaLog } from '../log/kafka/kafka-log.ts';
import { SqliteLog } from '../log/sqlite.ts';
import { SqliteStateStore } from '../store/sqlite-state.ts';
import { SqliteTrendStore } from '../store/sqlite-trends.ts';
import { DEMO_DATA, loadSetup } from './setup.ts';

/** The log and the stores that a command works on; the one place that says which adapters they are. */
export interface Storage extends Place {
  close(): Promise<void>;
}

/** Where the log and the stores are: in a folder, as far as not in clusters. */
export interface StoragePlace extends Pick<Config, 'dataDir' | 'kafka' | 'elasticsearch'> {
  /** Hears of what goes wrong in a cluster and is tried again. */
  readonly onTrouble?: (message: string) => void;
}

/**
 * Opens the adapters of a place; a data folder is made when it is needed and missing. Errors of the embedded ones name the file:
 * `E_DATA_*`, `E_DISK_FULL`.
 */
export async function openStorage({ dataDir, kafka, elasticsearch, onTrouble }: StoragePlace): Promise<Storage> {
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const each of opened.splice(0).reverse()) await each.close();
  };
  const open = <T extends { close(): Promise<void> }>(each: T): T => {
    opened.push(each);
    return each;
  };
  try {
    const log = open(kafka === undefined ? new SqliteLog(join(dataDir, 'log.db')) : await openKafkaLog(kafka, onTrouble));
    if (elasticsearch === undefined) {
      const trends = open(new SqliteTrendStore(join(dataDir, 'trends.db')));
      return { log, trends, states: open(new SqliteStateStore(join(dataDir, 'state.db'))), close };
    }
    const { trends, states } = await openClusterStores(elasticsearch);
    open(trends);
    open(states);
    return { log, trends, states, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/* Clients of clusters are loaded when they are needed: most commands start sooner without. */

/** Both clusters, to be filled by `migrate`. */
export async function openClusters(kafka: KafkaConfig, elasticsearch: ElasticsearchConfig): Promise<Storage & TargetPlace> {
  const log = await openKafkaLog(kafka, undefined);
  const { trends, states } = await openClusterStores(elasticsearch);
  return {
    ...{ log, trends, states },
    setPositions: (topic, group, positions) => log.setPositions(topic, group, positions),
    close: async () => {
      for (const each of [states, trends, log]) await each.close();
    },
  };
}

async function openKafkaLog(config: KafkaConfig, onTrouble: StoragePlace['onTrouble']): Promise<KafkaLog> {
  const [module, { kafkaOptions }] = await Promise.all([import('../log/kafka/kafka-log.ts'), import('./clusters.ts')]);
  return new module.KafkaLog(kafkaOptions(config, onTrouble));
}

async function openClusterStores(config: ElasticsearchConfig): Promise<Pick<Storage, 'trends' | 'states'>> {
  const [{ ElasticsearchTrendStore }, { ElasticsearchStateStore }, { elasticsearchOptions }] = await Promise.all([
    import('../store/elasticsearch/trend-store.ts'),
    import('../store/elasticsearch/state-store.ts'),
    import('./clusters.ts'),
  ]);
  const options = elasticsearchOptions(config);
  return { trends: new ElasticsearchTrendStore(options), states: new ElasticsearchStateStore(options) };
}

/** The embedded log and stores of a folder. */
export const embedded = (dataDir: string): StoragePlace => ({ dataDir, kafka: undefined, elasticsearch: undefined });

/** The place to work on: the folder of `--data`, else what is configured, else the demo's folder when it is all there is. */
export async function placeOf(options: { data?: string; config?: string }): Promise<StoragePlace> {
  if (options.data !== undefined) return embedded(resolve(options.data));
  const { config, file } = await loadSetup(options.config);
  return file === undefined && !existsSync(config.dataDir) ? embedded(DEMO_DATA) : config;
}

/** As `openStorage`, for commands that look at what is there and would be misled by an empty folder. */
export async function openExistingStorage(place: StoragePlace): Promise<Storage> {
  if (place.kafka === undefined && !existsSync(join(place.dataDir, 'log.db'))) {
    throw new BarographError(
      'E_INPUT_MISSING',
      `There is no data in ${place.dataDir}. Start \`barograph run\`, or name another folder with --data.`,
    );
  }
  return openStorage(place);
}
