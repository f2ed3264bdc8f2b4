import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LocalCluster, SERVERS } from '../../infra/local/cluster.ts';
import { barograph } from '../e2e/barograph.ts';
import { writeRecording } from '../e2e/recording.ts';
import { openTestCluster, testPorts } from '../open-test-cluster.ts';
import { type SearchProxy, searchProxy } from '../search-proxy.ts';
import { type TcpProxy, tcpProxy } from '../tcp-proxy.ts';
import { Processes } from './processes.ts';
import { webhookReceiver } from './webhook-receiver.ts';

/** Servers of its own behind proxies, the processes of a set-up, and a channel that is told of alerts. */
export interface ChaosSetup {
  readonly cluster: LocalCluster;
  readonly kafka: TcpProxy;
  readonly search: SearchProxy;
  readonly hook: Awaited<ReturnType<typeof webhookReceiver>>;
  readonly processes: Processes;
  close(): Promise<void>;
}

export const [CONFIG, RECORDING] = ['barograph.yaml', 'news.ndjson'];
/** What a member of a group may be silent for. */
export const SESSION_MS = 6000;
const PATIENCE_MS = 1000;
/** Of bad news: what comes late by hours, since a process was away, is seen in the long windows only, so they are many and large. */
const BURSTS = { bursts: 8, size: 100 };
const RECORDED_SECONDS = 4 * 86_400;

/** Starts servers and processes; the recording passes within about `seconds`. */
export async function openChaosSetup(
  folder: string,
  { articles, seconds, model }: { readonly articles: number; readonly seconds: number; readonly model: readonly string[] },
): Promise<ChaosSetup> {
  const ports = await testPorts();
  const kafka = await tcpProxy(ports.kafka.plain);
  const search = await searchProxy(ports.elasticsearch.http);
  const hook = await webhookReceiver(PATIENCE_MS);
  const cluster = await openTestCluster(join(folder, 'servers'), ports, kafka.port);
  const processes = new Processes(folder);
  const close = async (): Promise<void> => {
    processes.destroy();
    for (const name of SERVERS) await cluster.stop(name, 'SIGKILL');
    await Promise.all([kafka.close(), search.close(), hook.close()]);
  };
  try {
    for (const name of SERVERS) await cluster.start(name);
    await writeFile(join(folder, CONFIG), configuration(kafka.port, search.url, hook.url));
    await writeRecording(join(folder, RECORDING), articles, BURSTS);
    const { code, stderr } = await barograph(['setup'], { cwd: folder });
    assert.equal(code, 0, stderr);
    const begin = (name: string, ...args: string[]): void =>
      processes.add(name, ['run', ...args, '--recording', RECORDING, ...model]);
    begin('ingest', 'ingest', '--speed', String(RECORDED_SECONDS / seconds));
    for (const n of [1, 2, 3]) begin(`classify ${n}`, 'classify');
    for (const n of [1, 2]) begin(`ledger ${n}`, 'ledger', 'notify');
    return { cluster, kafka, search, hook, processes, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** News may be late by as much as passes while something is away. */
const configuration = (kafka: number, search: string, hook: string): string => `
log:
  kafka:
    brokers: ["127.0.0.1:${kafka}"]
    partitions: 6
    session_timeout: ${SESSION_MS}ms
store:
  elasticsearch: {node: "${search}", replicas: 0}
ledger: {lateness: 24h}
alerts: {warm_up: 12h, budget_per_day: 100}
notify:
  - {kind: webhook, url: "${hook}", timeout: ${PATIENCE_MS}ms}
`;
