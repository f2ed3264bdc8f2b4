import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVERS } from '../../../infra/local/cluster.ts';
import { loadSetup } from '../../../src/cli/setup.ts';
import { openStorage, type Storage } from '../../../src/cli/storage.ts';
import { barograph, type Life, start } from '../../e2e/barograph.ts';
import { openTestCluster, type TestPorts, testPorts } from '../../open-test-cluster.ts';

/** Of the groups: what a killed process is waited for. */
export const SESSION_MS = 6000;
const LIFE_MS = 3_600_000;

/** A broker and a node for as long as figures are taken. */
export interface Servers {
  readonly folder: string;
  readonly ports: TestPorts;
  /** By name. */
  readonly pids: Readonly<Record<string, number | undefined>>;
  close(): Promise<void>;
}

export async function openServers(): Promise<Servers> {
  const folder = await mkdtemp(join(tmpdir(), 'barograph-bench-'));
  const ports = await testPorts();
  const cluster = await openTestCluster(join(folder, 'servers'), ports);
  const close = async (): Promise<void> => {
    for (const name of SERVERS) await cluster.stop(name, 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const name of SERVERS) await cluster.start(name);
  } catch (error) {
    await close();
    throw error;
  }
  const pids = Object.fromEntries(SERVERS.map((name) => [name, cluster.pid(name)]));
  return { folder, ports, pids, close };
}

/** A set-up of its own on the servers: topics and indices that nothing else uses. */
export interface Bed {
  readonly storage: Storage;
  /** Address and prefix of its indices. */
  readonly search: { readonly url: string; readonly prefix: string };
  /** Starts `barograph run` with these arguments; what still lives at the end is killed. */
  run(...args: readonly string[]): Life;
}

let beds = 0;

/** Makes a set-up, gives it to `work`, and takes it away with its processes. `more` is further configuration. */
export async function withBed<T>(servers: Servers, work: (bed: Bed) => Promise<T>, more = ''): Promise<T> {
  beds += 1;
  const name = `bench${beds}`;
  const folder = join(servers.folder, name);
  const url = `http://127.0.0.1:${servers.ports.elasticsearch.http}`;
  await mkdir(folder);
  await writeFile(
    join(folder, 'barograph.yaml'),
    `log: {kafka: {brokers: ["127.0.0.1:${servers.ports.kafka.plain}"], prefix: ${name}., partitions: 6, session_timeout: ${SESSION_MS}ms}}
store: {elasticsearch: {node: "${url}", prefix: ${name}-, replicas: 0}}
${more}`,
  );
  const setup = await barograph(['setup'], { cwd: folder });
  if (setup.code !== 0) throw new Error(setup.stderr);
  const storage = await openStorage((await loadSetup(join(folder, 'barograph.yaml'))).config);
  const lives: Life[] = [];
  try {
    return await work({
      storage,
      search: { url, prefix: `${name}-` },
      run: (...args) => {
        const life = start(['run', ...args], { cwd: folder, timeoutMs: LIFE_MS });
        lives.push(life);
        return life;
      },
    });
  } finally {
    for (const { child, ended } of lives) {
      child.kill('SIGKILL');
      await ended;
    }
    await storage.close();
  }
}
