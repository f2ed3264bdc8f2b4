import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, estypes } from '@elastic/elasticsearch';
import { DOC_KINDS, type Doc, type DocKind, type DocOf, timeOf } from '../../domain/doc.ts';
import type { SeriesKey } from '../../domain/series.ts';
import { type Alert, meanTone, type SeriesPoint, type Story } from '../../domain/trends.ts';
import {
  type AlertQuery,
  DocumentsRejected,
  type SeriesQuery,
  type SeriesTotal,
  type StoryQuery,
  type TrendStore,
} from '../trend-port.ts';
import { writeBulk } from './bulk.ts';
import { type ElasticsearchOptions, guarded, openElasticsearch } from './connection.ts';
import { fromSource, toSource } from './documents.ts';
import { aliasOf, indexOf } from './templates.ts';

type Query = NonNullable<estypes.SearchRequest['query']>;
type Source = Readonly<Record<string, unknown>>;

/** From the beginning of one write to that of the next: what comes meanwhile shares requests, which are half of what an article costs. */
const PACE_MS = 100;
const SCAN_CHUNK = 1000;
/** How long a scan may take between two chunks. */
const SCAN_KEEP = '2m';
/** Different series in one answer: as many as Elasticsearch gives at once. */
const MOST_SERIES = 10_000;
/** Of `changes` and lists. */
const MOST_HITS = 10_000;

const COUNTS = ['articles', 'stories', 'negative', 'neutral', 'positive', 'toneUnits'] as const;
const SUMS = Object.fromEntries(COUNTS.map((field) => [field, { sum: { field } }]));

/**
 * Trends in an Elasticsearch cluster, a document each, in monthly indices behind one alias a kind. A read sees what this store wrote
 * before; what others wrote it sees after the index's refresh, a second by default.
 */
export class ElasticsearchTrendStore implements TrendStore {
  readonly #options: ElasticsearchOptions;
  readonly #client: Client;
  /** Written since the last refresh, by this store or by one before it. */
  readonly #unseen = new Set<DocKind>(DOC_KINDS);
  /** Writes under way, which began together, and what they wait for. */
  #writes = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #nextTurnAt = 0;

  constructor(options: ElasticsearchOptions) {
    this.#options = options;
    this.#client = openElasticsearch(options);
  }

  async write(docs: readonly Doc[]): Promise<void> {
    if (docs.length === 0) return;
    const items = docs.map((doc) => ({
      ...{ doc, index: indexOf(this.#options, doc.kind, timeOf(doc)), id: doc.id, version: doc.version },
      source: JSON.stringify(toSource(doc)),
    }));
    const rejected = await this.#paced(() => writeBulk(this.#client, this.#options, items));
    for (const { kind } of docs) this.#unseen.add(kind);
    if (rejected.length > 0) throw new DocumentsRejected(rejected.map(({ item, reason }) => ({ doc: item.doc, reason })));
  }

  /** A write that comes after a while begins at once, and so do those that come beside it. */
  async #paced<T>(write: () => Promise<T>): Promise<T> {
    if (this.#writes === 0) {
      const now = performance.now();
      this.#turn = this.#nextTurnAt > now ? sleep(this.#nextTurnAt - now) : Promise.resolve();
      this.#nextTurnAt = Math.max(this.#nextTurnAt, now) + PACE_MS;
    }
    this.#writes += 1;
    try {
      await this.#turn;
      return await write();
    } finally {
      this.#writes -= 1;
    }
  }

  /** An acknowledged write is in the translog of every copy. */
  async flush(): Promise<void> {}

  async get<K extends DocKind>(kind: K, id: string): Promise<DocOf<K> | undefined> {
    const [source] = await this.#search([kind], { size: 1, query: { ids: { values: [id] } } });
    return source === undefined ? undefined : fromSource(kind, source);
  }

  async *scan<K extends DocKind>(kind: K): AsyncIterable<readonly DocOf<K>[]> {
    const fields = kind === 'rollup' ? ['series', '@timestamp', 'widthMs', 'fragment'] : ['id'];
    const sort = fields.map((field) => ({ [field]: 'asc' as const }));
    await this.#refresh([kind]);
    if (!(await this.#exists(kind))) return;
    const index = aliasOf(this.#options, kind);
    const client = this.#client;
    let pit = await guarded(this.#options, async () => (await client.openPointInTime({ index, keep_alive: SCAN_KEEP })).id);
    try {
      let after: estypes.SortResults | undefined;
      while (true) {
        const request = { pit: { id: pit, keep_alive: SCAN_KEEP }, size: SCAN_CHUNK, sort, track_total_hits: false };
        const answer = await guarded(this.#options, () =>
          client.search<Source>({ ...request, ...(after === undefined ? {} : { search_after: after }) }),
        );
        pit = answer.pit_id ?? pit;
        const { hits } = answer.hits;
        after = hits.at(-1)?.sort;
        if (after === undefined) return;
        yield hits.map(({ _source }) => fromSource(kind, _source ?? {}));
      }
    } finally {
      await client.closePointInTime({ id: pit }).catch(() => undefined);
    }
  }

  async count(kind: DocKind): Promise<number> {
    await this.#refresh([kind]);
    const index = aliasOf(this.#options, kind);
    return guarded(this.#options, async () => (await this.#client.count({ index, ...LENIENT })).count);
  }

  async series({ series, from, to, widthMs }: SeriesQuery): Promise<readonly SeriesPoint[]> {
    const histogram = { field: '@timestamp', fixed_interval: `${widthMs}ms`, min_doc_count: 1 };
    const buckets = await this.#aggregate(
      { bool: { filter: [{ term: { series } }, between(from, to)] } },
      { date_histogram: histogram, aggs: SUMS },
    );
    return buckets.map((bucket) => ({ start: Number(bucket.key), ...sumsOf(bucket) }));
  }

  async totals({ from, to, limit }: { from: number; to: number; limit: number }): Promise<readonly SeriesTotal[]> {
    const buckets = await this.#aggregate(between(from, to), { terms: { field: 'series', size: MOST_SERIES }, aggs: SUMS });
    return buckets
      .map((bucket) => ({ series: bucket.key as SeriesKey, ...sumsOf(bucket) }))
      .sort((a, b) => b.articles - a.articles || (a.series < b.series ? -1 : 1))
      .slice(0, limit);
  }

  async stories({ series, before, limit }: StoryQuery): Promise<readonly Story[]> {
    const filter: Query[] = [];
    if (series !== undefined) filter.push({ term: { series } });
    if (before !== undefined) filter.push({ range: { '@timestamp': { lt: before, format: 'epoch_millis' } } });
    return (await this.#newest('story', filter, limit)).map((source) => fromSource('story', source).body);
  }

  async alerts({ status, series, from, limit }: AlertQuery): Promise<readonly Alert[]> {
    const filter: Query[] = [];
    if (status !== undefined) filter.push({ term: { status } });
    if (series !== undefined) filter.push({ term: { series } });
    if (from !== undefined) filter.push({ range: { '@timestamp': { gte: from, format: 'epoch_millis' } } });
    return (await this.#newest('alert', filter, limit)).map((source) => fromSource('alert', source).body);
  }

  async changes({ after, limit }: { after: number; limit: number }): Promise<readonly DocOf<'story' | 'alert'>[]> {
    const sources = await this.#search(['story', 'alert'], {
      query: { range: { version: { gt: after } } },
      ...{ sort: [{ version: 'asc' }, { kind: 'asc' }, { id: 'asc' }], size: Math.min(limit, MOST_HITS) },
    });
    return sources.map((source) => fromSource(source.kind === 'story' ? 'story' : 'alert', source));
  }

  async latest(): Promise<number> {
    // Every article writes its story, so stories and alerts cover articles and rollups too.
    const [newest] = await this.#search(['story', 'alert'], { sort: [{ version: 'desc' }], size: 1 });
    return Number(newest?.version ?? -1);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #newest(kind: DocKind, filter: readonly Query[], limit: number): Promise<readonly Source[]> {
    const sort: estypes.Sort = [{ '@timestamp': 'desc' }, { id: 'asc' }];
    return this.#search([kind], { query: { bool: { filter: [...filter] } }, sort, size: Math.min(limit, MOST_HITS) });
  }

  async #search(kinds: readonly DocKind[], request: estypes.SearchRequest): Promise<readonly Source[]> {
    await this.#refresh(kinds);
    const index = kinds.map((kind) => aliasOf(this.#options, kind));
    const answer = await guarded(this.#options, () =>
      this.#client.search<Source>({ ...request, ...LENIENT, index, track_total_hits: false }),
    );
    return answer.hits.hits.map(({ _source }) => _source ?? {});
  }

  /** The buckets of one aggregation over rollups. */
  async #aggregate(query: Query, points: estypes.AggregationsAggregationContainer): Promise<readonly Bucket[]> {
    await this.#refresh(['rollup']);
    const index = aliasOf(this.#options, 'rollup');
    const request: estypes.SearchRequest = { ...LENIENT, index, query, size: 0, aggs: { points } };
    const answer = await guarded(this.#options, () => this.#client.search<unknown, { points?: { buckets: Bucket[] } }>(request));
    return answer.aggregations?.points?.buckets ?? [];
  }

  async #exists(kind: DocKind): Promise<boolean> {
    return guarded(this.#options, () => this.#client.indices.existsAlias({ name: aliasOf(this.#options, kind) }));
  }

  /** So that a read sees what was written here. */
  async #refresh(kinds: readonly DocKind[]): Promise<void> {
    const unseen = kinds.filter((kind) => this.#unseen.has(kind));
    if (unseen.length === 0) return;
    for (const kind of unseen) this.#unseen.delete(kind);
    const index = unseen.map((kind) => aliasOf(this.#options, kind));
    await guarded(this.#options, () => this.#client.indices.refresh({ index, ...LENIENT }));
  }
}

/** Before the first document there is no index behind an alias. */
const LENIENT = { ignore_unavailable: true, allow_no_indices: true };

type Bucket = Readonly<Record<(typeof COUNTS)[number], { readonly value: number }>> & { readonly key: string | number };

const between = (from: number, to: number): Query => ({ range: { '@timestamp': { gte: from, lt: to, format: 'epoch_millis' } } });

function sumsOf(bucket: Bucket): Omit<SeriesPoint, 'start'> {
  const [articles = 0, stories = 0, negative = 0, neutral = 0, positive = 0, units = 0] = COUNTS.map(
    (field) => bucket[field].value,
  );
  return { articles, stories, negative, neutral, positive, tone: meanTone(units, stories) };
}
