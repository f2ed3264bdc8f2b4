import { readFileSync } from 'node:fs';
import type { ElasticsearchConfig, KafkaConfig } from '../config/cluster.ts';
import { BarographError } from '../domain/errors.ts';
import type { KafkaOptions } from '../log/kafka/connection.ts';
import type { ElasticsearchOptions } from '../store/elasticsearch/connection.ts';
import { clientCredentials } from './client-credentials.ts';

/* What the configuration says of clusters, with the files that it names read. Throws E_INPUT_MISSING for one that is not there. */

export function kafkaOptions(config: KafkaConfig, onTrouble?: (message: string) => void): KafkaOptions {
  const { brokers, prefix, sessionTimeoutMs } = config;
  const sasl = loginOf(config);
  const tls = { ...pem('ca', config.ca), ...pem('certificate', config.certificate), ...pem('key', config.key) };
  return {
    ...{ brokers, prefix, sessionTimeoutMs },
    ...(config.tls ? { tls } : {}),
    ...(sasl === undefined ? {} : { sasl }),
    ...(onTrouble === undefined ? {} : { onTrouble }),
  };
}

export function elasticsearchOptions({
  nodes,
  prefix,
  ca,
  username,
  password,
  apiKey,
}: ElasticsearchConfig): ElasticsearchOptions {
  const user = username === undefined ? {} : { auth: { username, password: password ?? '' } };
  return { nodes, prefix, ...pem('ca', ca), ...(apiKey === undefined ? user : { auth: { apiKey } }) };
}

function loginOf({ mechanism, username = '', password = '', ...token }: KafkaConfig): KafkaOptions['sasl'] {
  switch (mechanism) {
    case 'none':
      return undefined;
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
    case 'oauthbearer':
      return {
        mechanism,
        oauthBearerProvider: clientCredentials(token.tokenUrl ?? '', token.clientId ?? '', token.clientSecret ?? ''),
      };
    default:
      return mechanism satisfies never;
  }
}

function pem<K extends string>(key: K, file: string | undefined): { readonly [key in K]?: string } {
  if (file === undefined) return {};
  try {
    return { [key]: readFileSync(file, 'utf8') } as { readonly [key in K]: string };
  } catch (cause) {
    throw new BarographError('E_INPUT_MISSING', `${file}, which the configuration names, cannot be read.`, { cause });
  }
}
