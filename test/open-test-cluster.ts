import { join } from 'node:path';
import { type LocalCluster, openCluster } from '../infra/local/cluster.ts';
import { freePorts } from '../infra/local/free-ports.ts';

/** Where the servers of a test listen. */
export interface TestPorts {
  readonly kafka: { readonly plain: number; readonly controller: number; readonly tls: number; readonly sasl: number };
  readonly elasticsearch: { readonly http: number; readonly transport: number };
}

const JARS = join(import.meta.dirname, '..', '.cache', 'infra');

/** Ports that nobody listens on. */
export async function testPorts(): Promise<TestPorts> {
  const [plain = 0, controller = 0, tls = 0, sasl = 0, http = 0, transport = 0] = await freePorts(6);
  return { kafka: { plain, controller, tls, sasl }, elasticsearch: { http, transport } };
}

/** Servers in a test's folder, none started yet; clients of Kafka are told to come to `advertised`, a proxy, when it is given. */
export function openTestCluster(folder: string, { kafka, elasticsearch }: TestPorts, advertised?: number): Promise<LocalCluster> {
  return openCluster(folder, JARS, { kafka: advertised === undefined ? kafka : { ...kafka, advertised }, elasticsearch });
}
