import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientOptions, errors } from '@elastic/elasticsearch';
import { BarographError } from '../../domain/errors.ts';
import type { IndexNames } from './templates.ts';

/** How to reach a cluster and what is ours in it. */
export interface ElasticsearchOptions extends IndexNames {
  readonly nodes: readonly string[];
  readonly auth?: NonNullable<ClientOptions['auth']>;
  /** PEM text of the authority that signed the nodes' certificates. */
  readonly ca?: string;
}

const REQUEST_MS = 30_000;
const [ATTEMPTS, FIRST_WAIT_MS] = [6, 100];

export function openElasticsearch({ nodes, auth, ca }: ElasticsearchOptions): Client {
  return new Client({
    nodes: [...nodes],
    requestTimeout: REQUEST_MS,
    maxRetries: 0, // one layer only: `guarded`, and that of bulk writes
    ...(auth === undefined ? {} : { auth }),
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
}

/**
 * Runs a request, and again with growing pauses, some three seconds long, when it fails for what may pass: an index whose shards are
 * not there yet, a node that is gone. Its errors are ours.
 */
export async function guarded<T>({ nodes }: ElasticsearchOptions, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !passes(error)) throw elasticsearchFault(error, nodes);
      await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  }
}

/** A refused login is final; what a cluster cannot do now may pass. */
export function elasticsearchFault(error: unknown, nodes: readonly string[]): BarographError {
  if (error instanceof BarographError) return error;
  const where = `Elasticsearch at ${nodes.join(', ')}`;
  const said = error instanceof Error ? error.message : String(error);
  const status = error instanceof errors.ResponseError ? error.statusCode : undefined;
  if (status === 401 || status === 403)
    return new BarographError('E_STORE_REFUSED', `${where} refused the login or does not allow this: ${said}`, { cause: error });
  if (error instanceof errors.ProductNotSupportedError)
    return new BarographError('E_STORE_REFUSED', `${where} is no Elasticsearch, or an old one: ${said}`, { cause: error });
  return new BarographError('E_STORE_UNAVAILABLE', `${where} cannot be used: ${said}`, { cause: error });
}

/** `undefined` for what does not exist, an index included. */
export async function unlessMissing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof errors.ResponseError && error.statusCode === 404) return undefined;
    throw error;
  }
}

/** Whether a request that failed may be sent again as it was. */
export function passes(error: unknown): boolean {
  if (error instanceof errors.ResponseError) return isPassing(error.statusCode);
  return error instanceof errors.ElasticsearchClientError && !(error instanceof errors.ProductNotSupportedError);
}

export function isPassing(status: number | undefined): boolean {
  return status === undefined || status === 429 || status === 502 || status === 503 || status === 504;
}
