import { z } from 'zod';
import { boolean, duration, httpUrl, integer, secretText, text } from './scalars.ts';

/* Where the log and the stores are when they are not embedded. */

const path = (description: string) => text('the path of a file', /^.+$/, `${description} Relative to this file.`).optional();
const prefix = (description: string) =>
  text('letters, digits, dots, hyphens and underscores, at most 100', /^[A-Za-z0-9._-]{0,100}$/, description);

const kafkaSchema = z
  .strictObject({
    brokers: z
      .array(text('host:port', /^[A-Za-z0-9._-]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, 'host:port of a broker.'))
      .min(1)
      .max(100)
      .meta({ description: 'Some brokers of the cluster, as host:port; the others are learned from them.' }),
    prefix: prefix('Stands before the names of topics and groups, so that several set-ups share a cluster.').prefault(''),
    tls: boolean('Connect over TLS.').prefault(false),
    ca: path("Authority that signed the brokers' certificates, PEM; by default those that Node trusts."),
    certificate: path('Certificate of this client, PEM, for brokers that ask for one.'),
    key: path('Private key of the certificate, PEM.'),
    mechanism: z
      .enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'])
      .meta({ description: 'How to log in (SASL).' })
      .prefault('none'),
    username: text('text', /^.+$/, 'For plain and scram.').optional(),
    password: secretText('text', 'For plain and scram.').optional(),
    token_url: httpUrl(
      'For oauthbearer: where a token is had for the client id and secret (OAuth 2.0 client credentials).',
    ).optional(),
    client_id: text('text', /^.+$/, 'For oauthbearer.').optional(),
    client_secret: secretText('text', 'For oauthbearer.').optional(),
    session_timeout: duration(
      '1s',
      '30m',
      'A process that is silent for this long has left; others take over its partitions.',
    ).prefault('30s'),
    partitions: integer(1, 10_000, 'Of news.raw, when `setup` makes it: as many processes can classify.').prefault(6),
    replicas: integer(1, 10, 'Copies of each topic that `setup` makes. Default: as the cluster is configured.').optional(),
    retention: duration(
      '1h',
      '36500d',
      'How long topics that `setup` makes keep records. `verify` needs all of news.scored.',
    ).prefault('3650d'),
  })
  .transform((kafka) => ({
    ...{
      brokers: kafka.brokers,
      prefix: kafka.prefix,
      tls: kafka.tls,
      ca: kafka.ca,
      certificate: kafka.certificate,
      key: kafka.key,
    },
    ...{ mechanism: kafka.mechanism, username: kafka.username, password: kafka.password },
    ...{ tokenUrl: kafka.token_url, clientId: kafka.client_id, clientSecret: kafka.client_secret },
    sessionTimeoutMs: kafka.session_timeout,
    ...{ partitions: kafka.partitions, replicas: kafka.replicas, retentionMs: kafka.retention },
  }));

const elasticsearchSchema = z
  .strictObject({
    node: httpUrl('Address of a node.').optional(),
    nodes: z
      .array(httpUrl('Address of a node.'))
      .min(1)
      .max(100)
      .meta({ description: 'Addresses of several nodes, instead of `node`.' })
      .optional(),
    prefix: prefix('Stands before the names of indices, so that several set-ups share a cluster.').prefault('barograph-'),
    ca: path("Authority that signed the nodes' certificates, PEM; by default those that Node trusts."),
    username: text('text', /^.+$/, 'Basic authentication.').optional(),
    password: secretText('text', 'Basic authentication.').optional(),
    api_key: secretText('text', 'Encoded API key, instead of a user.').optional(),
    shards: integer(1, 100, 'Primary shards of a monthly index.').prefault(1),
    replicas: integer(0, 10, 'Copies of each shard.').prefault(1),
    retention: duration('1d', '36500d', 'Monthly indices are dropped once all that is in them is older.').prefault('3650d'),
  })
  .transform((cluster) => ({
    nodes: cluster.nodes ?? (cluster.node === undefined ? [] : [cluster.node]),
    ...{
      prefix: cluster.prefix,
      ca: cluster.ca,
      username: cluster.username,
      password: cluster.password,
      apiKey: cluster.api_key,
    },
    ...{ shards: cluster.shards, replicas: cluster.replicas, retentionMs: cluster.retention },
  }));

export const logSchema = z.strictObject({
  kafka: kafkaSchema.meta({ description: 'The log is in an Apache Kafka cluster.' }).optional(),
});
export const storeSchema = z.strictObject({
  elasticsearch: elasticsearchSchema
    .meta({ description: 'Stories, trends, alerts and state are in an Elasticsearch cluster.' })
    .optional(),
});

export type KafkaConfig = z.output<typeof kafkaSchema>;
export type ElasticsearchConfig = z.output<typeof elasticsearchSchema>;
