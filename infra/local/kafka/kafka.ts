import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import '../../../src/log/kafka/quiet-queue.ts';
import type { Certificates } from '../certificates.ts';
import { fetchJars } from '../jars.ts';
import type { Java } from '../java.ts';
import { type ServerProcess, startServer } from '../server-process.ts';

export const KAFKA_JAVA = 17;

/** Where a broker listens, all on loopback. `tls` asks for a client's certificate, `sasl` (over TLS) for a name and a password. */
export interface KafkaPorts {
  readonly plain: number;
  readonly controller: number;
  readonly tls: number;
  readonly sasl: number;
  /** Where clients are told to come to instead of `plain`: a proxy's. */
  readonly advertised?: number;
}

/** Who may log in at the `sasl` port, by PLAIN and by SCRAM; a local server guards nothing. */
export const KAFKA_USER = { username: 'barograph', password: 'barograph-local' } as const;

/** Any 16 bytes in base64 that stay the same. */
const CLUSTER = 'QmFyb2dyYXBoTG9jYWwwMA';

export function fetchKafka(cache: string): string {
  return fetchJars(cache, 'kafka', [join(import.meta.dirname, 'pom.xml')]);
}

/**
 * Starts one broker that is its own controller, and waits until groups and idempotent producers are served. What it stores is in
 * `folder`: a broker that is started again there goes on.
 */
export async function startKafka(
  { home }: Java,
  jars: string,
  { folder, log }: { readonly folder: string; readonly log: string },
  ports: KafkaPorts,
  certificates: Certificates,
): Promise<ServerProcess> {
  mkdirSync(folder, { recursive: true });
  const properties = join(folder, 'server.properties');
  writeFileSync(properties, serverProperties(join(folder, 'data'), ports, certificates), { mode: 0o600 });
  const java = join(home, 'bin', 'java');
  const classes = ['-cp', join(jars, 'lib', '*')];
  if (!existsSync(join(folder, 'data', 'meta.properties'))) {
    const { username, password } = KAFKA_USER;
    const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((name) => [
      '--add-scram',
      `${name}=[name=${username},password=${password}]`,
    ]);
    const format = ['format', '--cluster-id', CLUSTER, '--config', properties, ...users];
    execFileSync(java, [...classes, 'kafka.tools.StorageTool', ...format], { stdio: 'pipe' });
  }
  const args = ['-Xmx512m', ...classes, 'kafka.Kafka', properties];
  return startServer('Kafka', java, args, { folder, log }, () => isReady(ports.plain));
}

/** A broker answers for a while before it serves groups. */
async function isReady(port: number): Promise<boolean> {
  const kafka = new Kafka({
    ...{ clientId: 'infra', brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING },
    ...{ retry: { retries: 0 }, connectionTimeout: 1000, requestTimeout: 2000 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.describeCluster(); // without the brokers it cannot ask for a group's
    await admin.describeGroups(['infra']);
    return true;
  } finally {
    await admin.disconnect();
  }
}

function serverProperties(data: string, ports: KafkaPorts, { authority, server }: Certificates): string {
  const listeners = { PLAIN: ports.plain, CONTROLLER: ports.controller, TLS: ports.tls, SASL: ports.sasl };
  const addresses = Object.entries(listeners).map(([name, port]) => `${name}://127.0.0.1:${port}`);
  const oneReplica = [
    ...['default', 'offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic'].map(
      (of) => `${of}.replication.factor`,
    ),
    ...['transaction.state.log', 'share.coordinator.state.topic'].map((of) => `${of}.min.isr`),
  ];
  const { username, password } = KAFKA_USER;
  const login = (module: string, more: string): string => `org.apache.kafka.common.security.${module} required ${more};`;
  return `${Object.entries({
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAIN',
    listeners: addresses.join(','),
    'advertised.listeners': Object.entries({ ...listeners, PLAIN: ports.advertised ?? ports.plain })
      .filter(([name]) => name !== 'CONTROLLER')
      .map(([name, port]) => `${name}://127.0.0.1:${port}`)
      .join(','),
    'listener.security.protocol.map': 'PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,SASL:SASL_SSL',
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    ...Object.fromEntries(oneReplica.map((key) => [key, '1'])),
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': inOneLine(server.certificate),
    'ssl.keystore.key': inOneLine(server.key),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': inOneLine(authority),
    'listener.name.tls.ssl.client.auth': 'required',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'listener.name.sasl.plain.sasl.jaas.config': login('plain.PlainLoginModule', `user_${username}="${password}"`),
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': login('scram.ScramLoginModule', ''),
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': login('scram.ScramLoginModule', ''),
    // Takes tokens without a signature: for tests only.
    'listener.name.sasl.oauthbearer.sasl.jaas.config': login(
      'oauthbearer.OAuthBearerLoginModule',
      `unsecuredLoginStringClaim_sub="${username}"`,
    ),
  })
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;
}

/** As a value of a properties file. */
const inOneLine = (pem: string): string => pem.trim().replaceAll('\n', '\\n');
