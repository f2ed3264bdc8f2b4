import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVERS } from '../infra/local/cluster.ts';
import { openTestCluster, testPorts } from './open-test-cluster.ts';
import type { TestServers } from './servers.ts';

/** Tests whose servers must be there fail without them. */
const REQUIRED = process.env.BAROGRAPH_REQUIRE_SERVERS === '1';

/**
 * Starts the real servers when one of the files uses them, tells the tests of them by environment variables, and gives the function
 * that stops them and removes what they stored. Without Java or Maven the tests are told why there are none.
 */
export async function startServers(files: readonly string[]): Promise<() => Promise<void>> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  if (!texts.some((text) => text.includes('/servers.ts'))) return async () => undefined;
  const folder = await mkdtemp(join(tmpdir(), 'barograph-servers-'));
  const ports = await testPorts();
  const cluster = await openTestCluster(folder, ports);
  const stop = async (): Promise<void> => {
    for (const name of SERVERS) await cluster.stop(name);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(SERVERS.map((name) => cluster.start(name)));
    const servers: TestServers = { ...ports, certificates: cluster.certificates };
    process.env.BAROGRAPH_TEST_SERVERS = JSON.stringify(servers);
  } catch (error) {
    await stop();
    if (REQUIRED) throw error;
    process.env.BAROGRAPH_TEST_NO_SERVERS = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return async () => undefined;
  }
  return stop;
}
