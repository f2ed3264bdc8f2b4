import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchJars } from '../jars.ts';
import type { Java } from '../java.ts';
import { type ServerProcess, startServer } from '../server-process.ts';

export const ELASTICSEARCH_JAVA = 21;
const VERSION = '9.2.0';
const TRANSPORT = 'transport-netty4';

/** Of a module: how the node finds the plugin that listens on HTTP. */
const DESCRIPTOR = Object.entries({
  name: TRANSPORT,
  description: 'HTTP and transport',
  version: VERSION,
  'elasticsearch.version': VERSION,
  'java.version': String(ELASTICSEARCH_JAVA),
  classname: 'org.elasticsearch.transport.netty4.Netty4Plugin',
  modulename: 'org.elasticsearch.transport.netty4',
  'has.native.controller': 'false',
}).map(([key, value]) => `${key}=${value}\n`);

/** Where a node listens, on loopback. */
export interface ElasticsearchPorts {
  readonly http: number;
  readonly transport: number;
}

/** Jars are named modules here: those of the core stand apart from those of the module that listens. */
export function fetchElasticsearch({ home }: Java, cache: string): string {
  const source = join(import.meta.dirname, 'Launcher.java');
  return fetchJars(cache, 'elasticsearch', [join(import.meta.dirname, 'pom.xml'), source], (folder) => {
    const module = join(folder, 'home', 'modules', TRANSPORT);
    for (const needed of [module, join(folder, 'home', 'config'), join(folder, 'home', 'plugins'), join(folder, 'launcher')])
      mkdirSync(needed, { recursive: true });
    const core = join(folder, 'lib');
    for (const jar of readdirSync(core).filter((name) => /^(?:netty|transport-netty4)-/.test(name)))
      renameSync(join(core, jar), join(module, jar));
    writeFileSync(join(module, 'plugin-descriptor.properties'), DESCRIPTOR.join(''));
    const modules = ['--module-path', core, '--add-modules', 'org.elasticsearch.server,org.elasticsearch.logging'];
    const target = ['--release', String(ELASTICSEARCH_JAVA), '-d', join(folder, 'launcher')];
    execFileSync(join(home, 'bin', 'javac'), [...modules, ...target, source], { stdio: 'pipe' });
  });
}

/** Starts one node, and waits until it is healthy. What it stores is in `folder`: a node that is started again there goes on. */
export async function startElasticsearch(
  { home }: Java,
  jars: string,
  { folder, log }: { readonly folder: string; readonly log: string },
  ports: ElasticsearchPorts,
): Promise<ServerProcess> {
  mkdirSync(folder, { recursive: true });
  const settings = Object.entries({
    'path.home': join(jars, 'home'),
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    'cluster.name': 'barograph-local',
    'node.name': 'local',
    'discovery.type': 'single-node',
    'network.host': '127.0.0.1',
    'http.port': ports.http,
    'transport.port': ports.transport,
    // A full disk of a developer's machine is no reason to refuse writes.
    'cluster.routing.allocation.disk.threshold_enabled': false,
  }).map(([key, value]) => `${key}=${value}`);
  const modules = ['--module-path', join(jars, 'lib'), '--add-modules', 'ALL-MODULE-PATH', '-cp', join(jars, 'launcher')];
  const args = ['-Xmx1g', `-Des.nativelibs.path=${folder}`, ...modules, 'Launcher', ...settings];
  return startServer('Elasticsearch', join(home, 'bin', 'java'), args, { folder, log }, () => isReady(ports.http));
}

async function isReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/_cluster/health?wait_for_status=yellow&timeout=1s`, {
    signal: AbortSignal.timeout(2000),
  });
  const { timed_out: timedOut } = (await response.json()) as { readonly timed_out?: boolean };
  return response.ok && timedOut === false;
}
