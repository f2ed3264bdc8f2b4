import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, estypes } from '@elastic/elasticsearch';
import { BarographError } from '../../domain/errors.ts';
import { type ElasticsearchOptions, elasticsearchFault, isPassing, passes } from './connection.ts';

/** A document to write: only over an older version. */
export interface BulkItem {
  readonly index: string;
  readonly id: string;
  readonly version: number;
  /** JSON text. */
  readonly source: string;
}

/** Of one request. */
const [MOST_BYTES, MOST_ITEMS] = [5_000_000, 2000];
/** Requests under way at once. */
const CONCURRENCY = 2;
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [100, 5000];
/** After so long of trying, whoever writes hears of it: its reader stops reading and nothing is dropped. */
const DEADLINE_MS = 30_000;

/**
 * Writes documents with external versions. What fails for a reason that may pass (429, 503, no connection) is sent again, and only that,
 * with growing pauses until a deadline. A conflict means that a newer version, or this one, is there. Rejects with
 * E_STORE_UNAVAILABLE after the deadline, and with E_DOCUMENT_REJECTED when the cluster will never take a document; the others are
 * written then.
 */
export async function writeBulk(client: Client, options: ElasticsearchOptions, items: readonly BulkItem[]): Promise<void> {
  const requests = cut(items);
  const rejected: Rejected[] = [];
  let at = 0;
  const work = async (): Promise<void> => {
    while (at < requests.length) rejected.push(...(await writeRequest(client, options, requests[at++] ?? [])));
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, requests.length) }, work));
  const [first] = rejected;
  if (first === undefined) return;
  throw new BarographError(
    'E_DOCUMENT_REJECTED',
    `Elasticsearch does not take ${rejected.length === 1 ? 'a document' : `${rejected.length} documents`}: ${first.item.index}/${first.item.id}: ${first.reason}`,
    { facts: { documents: rejected.length, index: first.item.index, id: first.item.id } },
  );
}

interface Rejected {
  readonly item: BulkItem;
  readonly reason: string;
}

async function writeRequest(
  client: Client,
  options: ElasticsearchOptions,
  items: readonly BulkItem[],
): Promise<readonly Rejected[]> {
  const deadline = performance.now() + DEADLINE_MS;
  const rejected: Rejected[] = [];
  let left = items;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    const outcome = await send(client, options, left);
    rejected.push(...outcome.rejected);
    if (outcome.left.length === 0) return rejected;
    if (performance.now() + wait > deadline) throw elasticsearchFault(outcome.cause, options.nodes);
    left = outcome.left;
    await sleep(wait * (0.5 + Math.random() / 2));
  }
}

/** One request, and what is left of it. */
async function send(
  client: Client,
  options: ElasticsearchOptions,
  items: readonly BulkItem[],
): Promise<{ readonly left: readonly BulkItem[]; readonly rejected: readonly Rejected[]; readonly cause?: unknown }> {
  const operations = items.flatMap(({ index, id, version, source }) => [
    { index: { _index: index, _id: id, version, version_type: 'external' as const } },
    source,
  ]);
  let answer: estypes.BulkResponse;
  try {
    answer = await client.bulk({ operations });
  } catch (error) {
    if (!passes(error)) throw elasticsearchFault(error, options.nodes);
    return { left: items, rejected: [], cause: error };
  }
  const left: BulkItem[] = [];
  const rejected: Rejected[] = [];
  let cause: unknown;
  for (const [i, { index: result }] of answer.items.entries()) {
    const item = items[i];
    if (item === undefined || result === undefined || result.error === undefined || result.status === 409) continue;
    const reason = `${result.error.type}: ${result.error.reason ?? ''}`;
    if (isPassing(result.status)) {
      left.push(item);
      cause = new Error(reason);
    } else rejected.push({ item, reason });
  }
  return { left, rejected, cause };
}

function cut(items: readonly BulkItem[]): readonly (readonly BulkItem[])[] {
  const requests: BulkItem[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = Buffer.byteLength(item.source);
    const last = requests.at(-1);
    if (last === undefined || last.length === MOST_ITEMS || bytes + size > MOST_BYTES) {
      requests.push([item]);
      bytes = size;
    } else {
      last.push(item);
      bytes += size;
    }
  }
  return requests;
}
