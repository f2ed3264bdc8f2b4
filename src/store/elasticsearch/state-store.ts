import { createHash, randomUUID } from 'node:crypto';
import { type Client, errors } from '@elastic/elasticsearch';
import { type Clock, systemClock } from '../../domain/clock.ts';
import type { PutOptions, StateRecord, StateStore } from '../state-port.ts';
import { type ElasticsearchOptions, guarded, openElasticsearch, unlessMissing } from './connection.ts';
import { blobIndex, stateIndex } from './templates.ts';

/** Of a blob, in one document; base64 makes a third more. */
const CHUNK_BYTES = 4_000_000;
/** Records of one answer; a set-up has some hundreds. */
const MOST_RECORDS = 10_000;

interface StateSource {
  readonly key: string;
  readonly value: string;
  readonly expiresAt: number | null;
}

/** A record as it lies there, expired or not. */
interface Found {
  readonly record: StateRecord;
  readonly place: { readonly if_seq_no: number; readonly if_primary_term: number };
}

/**
 * Small records and blobs in an Elasticsearch cluster. Compare-and-set is by sequence number and primary term. A blob is written in
 * pieces of a generation of its own, and is replaced by the one write that names the generation.
 */
export class ElasticsearchStateStore implements StateStore {
  readonly #options: ElasticsearchOptions;
  readonly #client: Client;
  readonly #clock: Clock;

  constructor(options: ElasticsearchOptions, clock: Clock = systemClock) {
    this.#options = options;
    this.#client = openElasticsearch(options);
    this.#clock = clock;
  }

  async get(key: string): Promise<StateRecord | undefined> {
    return this.#live(await this.#find(key));
  }

  async put(key: string, value: string, { expect, expiresAt }: PutOptions = {}): Promise<string | undefined> {
    const document: StateSource = { key, value, expiresAt: expiresAt ?? null };
    const request = { index: stateIndex(this.#options), id: idOf(key), document };
    if (expect === undefined) return revisionOf(await guarded(this.#options, () => this.#client.index(request)));
    const found = await this.#find(key);
    if (expect !== (this.#live(found)?.revision ?? 'absent')) return undefined;
    // Only over what was seen: of two that saw the same, the second changes nothing.
    const seen = found === undefined ? { op_type: 'create' as const } : found.place;
    try {
      return revisionOf(await this.#client.index({ ...request, ...seen }));
    } catch (error) {
      if (error instanceof errors.ResponseError && error.statusCode === 409) return undefined;
      return guarded(this.#options, () => Promise.reject(error));
    }
  }

  async delete(key: string): Promise<void> {
    await this.#lenient(() => this.#client.delete({ index: stateIndex(this.#options), id: idOf(key) }));
  }

  async list(prefix: string): Promise<readonly StateRecord[]> {
    const index = stateIndex(this.#options);
    const answer = await this.#lenient(async () => {
      await this.#client.indices.refresh({ index });
      return this.#client.search<StateSource>({
        ...{ index, size: MOST_RECORDS, sort: [{ key: 'asc' }], seq_no_primary_term: true },
        query: { prefix: { key: prefix } },
      });
    });
    const now = this.#clock.now();
    return (answer?.hits.hits ?? []).flatMap((hit) => {
      const record = recordOf(hit);
      return record === undefined || isExpired(record, now) ? [] : [record];
    });
  }

  async putBlob(key: string, bytes: Uint8Array): Promise<void> {
    const index = blobIndex(this.#options);
    const generation = randomUUID();
    const chunks = Math.ceil(bytes.length / CHUNK_BYTES);
    await guarded(this.#options, async () => {
      const before = await this.#manifest(key);
      for (let i = 0; i < chunks; i++) {
        const piece = Buffer.from(bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES)).toString('base64');
        await this.#client.index({ index, id: chunkId(key, generation, i), document: { key, generation, bytes: piece } });
      }
      await this.#client.index({ index, id: idOf(key), document: { key, generation, chunks } });
      for (let i = 0; i < (before?.chunks ?? 0); i++)
        await this.#lenient(() => this.#client.delete({ index, id: chunkId(key, before?.generation ?? '', i) }));
    });
  }

  async getBlob(key: string): Promise<Uint8Array | undefined> {
    const index = blobIndex(this.#options);
    const manifest = await this.#manifest(key);
    if (manifest === undefined) return undefined;
    const pieces: Buffer[] = [];
    for (let i = 0; i < manifest.chunks; i++) {
      const id = chunkId(key, manifest.generation, i);
      const found = await this.#lenient(() => this.#client.get<{ readonly bytes: string }>({ index, id }));
      // It was replaced while it was read.
      if (found?._source === undefined) return this.getBlob(key);
      pieces.push(Buffer.from(found._source.bytes, 'base64'));
    }
    return Buffer.concat(pieces);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #find(key: string): Promise<Found | undefined> {
    const found = await this.#lenient(() => this.#client.get<StateSource>({ index: stateIndex(this.#options), id: idOf(key) }));
    const record = found === undefined ? undefined : recordOf(found);
    if (record === undefined) return undefined;
    return { record, place: { if_seq_no: found?._seq_no ?? 0, if_primary_term: found?._primary_term ?? 0 } };
  }

  #live(found: Found | undefined): StateRecord | undefined {
    return found === undefined || isExpired(found.record, this.#clock.now()) ? undefined : found.record;
  }

  async #manifest(key: string): Promise<{ readonly generation: string; readonly chunks: number } | undefined> {
    const get = () =>
      this.#client.get<{ generation: string; chunks: number }>({ index: blobIndex(this.#options), id: idOf(key) });
    return (await this.#lenient(get))?._source;
  }

  #lenient<T>(work: () => Promise<T>): Promise<T | undefined> {
    return guarded(this.#options, () => unlessMissing(work));
  }
}

/** Keys may be longer than ids. */
const idOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const chunkId = (key: string, generation: string, i: number): string => `${idOf(key)}-${generation}-${i}`;

interface Placed {
  readonly _seq_no?: number | undefined;
  readonly _primary_term?: number | undefined;
}

const revisionOf = ({ _seq_no: seq, _primary_term: term }: Placed): string => `${term ?? 0}.${seq ?? 0}`;

function recordOf(hit: Placed & { readonly _source?: StateSource | undefined }): StateRecord | undefined {
  if (hit._source === undefined) return undefined;
  const { key, value, expiresAt } = hit._source;
  return { key, value, expiresAt, revision: revisionOf(hit) };
}

const isExpired = ({ expiresAt }: StateRecord, now: number): boolean => expiresAt !== null && expiresAt <= now;
