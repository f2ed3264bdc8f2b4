import type { Certificates } from '../infra/local/certificates.ts';

/** Where the servers that tests share listen, and what reaches them. */
export interface TestServers {
  readonly kafka: { readonly plain: number; readonly tls: number; readonly sasl: number };
  readonly elasticsearch: { readonly http: number };
  readonly certificates: Certificates;
}

/** Set by `test/run.ts`: the servers as JSON, or why there are none. */
const [SERVERS, REASON] = ['BAROGRAPH_TEST_SERVERS', 'BAROGRAPH_TEST_NO_SERVERS'];

/** The real Kafka and Elasticsearch that this run of the tests has; `undefined`, with a reason to skip, when it has none. */
export function testServers(): { readonly servers?: TestServers; readonly skip: string | false } {
  const found = process.env[SERVERS];
  if (found === undefined) return { skip: process.env[REASON] ?? 'real servers are started by `node test/run.ts FILE`' };
  return { servers: JSON.parse(found), skip: false };
}
