import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, estypes } from '@elastic/elasticsearch';
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
/** What is read of an answer: the rest of it is as long as what was written. */
const ANSWERS = ['items.*.status', 'items.*.error'];
/** Requests under way at once. */
const CONCURRENCY = 2;
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [100, 5000];
/** After so long of trying, whoever writes hears of it: its reader stops reading and nothing is dropped. */
const DEADLINE_MS = 30_000;

/** What the cluster will never take, and why. */
export interface RejectedItem<I extends BulkItem = BulkItem> {
  readonly item: I;
  readonly reason: string;
}

/**
 * Writes documents with external versions, and gives those that the cluster will never take. What fails for a reason that may pass (429,
 * 503, no connection) is sent again, and only that, with growing pauses until a deadline. A conflict means that a newer version, or this
 * one, is there. Rejects with E_STORE_UNAVAILABLE after the deadline.
 */
export async function writeBulk<I extends BulkItem>(
  client: Client,
  options: ElasticsearchOptions,
  items: readonly I[],
): Promise<readonly RejectedItem<I>[]> {
  const requests = cut(items);
  const rejected: RejectedItem<I>[] = [];
  let at = 0;
  const work = async (): Promise<void> => {
    while (at < requests.length) rejected.push(...(await writeRequest(client, options, requests[at++] ?? [])));
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, requests.length) }, work));
  return rejected;
}

async function writeRequest<I extends BulkItem>(
  client: Client,
  options: ElasticsearchOptions,
  items: readonly I[],
): Promise<readonly RejectedItem<I>[]> {
  const deadline = performance.now() + DEADLINE_MS;
  const rejected: RejectedItem<I>[] = [];
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
async function send<I extends BulkItem>(
  client: Client,
  options: ElasticsearchOptions,
  items: readonly I[],
): Promise<{ readonly left: readonly I[]; readonly rejected: readonly RejectedItem<I>[]; readonly cause?: unknown }> {
  const operations = items.flatMap(({ index, id, version, source }) => [
    { index: { _index: index, _id: id, version, version_type: 'external' as const } },
    source,
  ]);
  let answer: estypes.BulkResponse;
  try {
    answer = await client.bulk({ operations, filter_path: ANSWERS });
  } catch (error) {
    if (!passes(error)) throw elasticsearchFault(error, options.nodes);
    return { left: items, rejected: [], cause: error };
  }
  const left: I[] = [];
  const rejected: RejectedItem<I>[] = [];
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

function cut<I extends BulkItem>(items: readonly I[]): readonly (readonly I[])[] {
  const requests: I[][] = [];
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
