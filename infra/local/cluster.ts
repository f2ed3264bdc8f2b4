import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from './certificates.ts';
import {
  ELASTICSEARCH_JAVA,
  type ElasticsearchPorts,
  fetchElasticsearch,
  startElasticsearch,
} from './elasticsearch/elasticsearch.ts';
import { findJava } from './java.ts';
import { fetchKafka, KAFKA_JAVA, type KafkaPorts, startKafka } from './kafka/kafka.ts';
import { isRunning, type ServerProcess, stopProcess } from './server-process.ts';

export const SERVERS = ['kafka', 'elasticsearch'] as const;
export type ServerName = (typeof SERVERS)[number];

/** A broker and a node on this machine, with what they store, their logs and certificates, in one folder. */
export interface LocalCluster {
  readonly folder: string;
  readonly certificates: Certificates;
  /**
   * Starts a server on its ports, or does nothing when it runs. Rejects when a fitting Java or Maven is missing, and with the end of its
   * log.
   */
  start(name: ServerName): Promise<void>;
  stop(name: ServerName, signal?: NodeJS.Signals): Promise<void>;
  /** Of a server that runs. */
  pid(name: ServerName): number | undefined;
  log(name: ServerName): string;
}

/**
 * Opens a cluster's folder; servers that were started from it by another process are known. `cache` keeps jars.
 */
export async function openCluster(
  folder: string,
  cache: string,
  ports: { readonly kafka: KafkaPorts; readonly elasticsearch: ElasticsearchPorts },
): Promise<LocalCluster> {
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const certificates = await keptCertificates(join(folder, 'certificates'));
  const log = (name: ServerName): string => join(folder, 'logs', `${name}.log`);
  const pidFile = (name: ServerName): string => join(folder, `${name}.pid`);
  const pid = (name: ServerName): number | undefined => {
    if (!existsSync(pidFile(name))) return undefined;
    const known = Number(readFileSync(pidFile(name), 'utf8'));
    return isRunning(known, join(folder, name)) ? known : undefined;
  };
  const starts: Readonly<Record<ServerName, () => Promise<ServerProcess>>> = {
    kafka: () => {
      const place = { folder: join(folder, 'kafka'), log: log('kafka') };
      return startKafka(findJava(KAFKA_JAVA, 'Kafka'), fetchKafka(cache), place, ports.kafka, certificates);
    },
    elasticsearch: () => {
      const java = findJava(ELASTICSEARCH_JAVA, 'Elasticsearch');
      const place = { folder: join(folder, 'elasticsearch'), log: log('elasticsearch') };
      return startElasticsearch(java, fetchElasticsearch(java, cache), place, ports.elasticsearch);
    },
  };
  return {
    ...{ folder, certificates, pid, log },
    start: async (name) => {
      if (pid(name) === undefined) writeFileSync(pidFile(name), String((await starts[name]()).pid));
    },
    stop: async (name, signal) => {
      const running = pid(name);
      if (running !== undefined) await stopProcess(running, signal);
      rmSync(pidFile(name), { force: true });
    },
  };
}

/** Made once: clients keep the authority's certificate. */
async function keptCertificates(folder: string): Promise<Certificates> {
  const file = join(folder, 'certificates.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  mkdirSync(folder, { recursive: true });
  const made = await makeCertificates(new Date());
  writeFileSync(join(folder, 'authority.pem'), made.authority);
  for (const name of ['server', 'client'] as const) {
    writeFileSync(join(folder, `${name}.pem`), made[name].certificate);
    writeFileSync(join(folder, `${name}-key.pem`), made[name].key, { mode: 0o600 });
  }
  writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  return made;
}
