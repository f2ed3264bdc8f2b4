import { compareDocs, type Doc, type DocKind, type DocOf } from '../domain/doc.ts';
import { type Alert, meanTone, type Rollup, type SeriesPoint, type Story } from '../domain/trends.ts';
import type { AlertQuery, SeriesQuery, SeriesTotal, StoryQuery, TrendStore } from './trend-port.ts';

/** What outlives a closed memory store, so that tests can reopen it. */
export class MemoryTrendData {
  readonly docs = new Map<string, Doc>();
}

/** A trend store that lives in this process. */
export class MemoryTrendStore implements TrendStore {
  readonly #docs: Map<string, Doc>;

  constructor(data = new MemoryTrendData()) {
    this.#docs = data.docs;
  }

  async write(docs: readonly Doc[]): Promise<void> {
    for (const doc of docs) {
      const key = `${doc.kind} ${doc.id}`;
      const present = this.#docs.get(key);
      if (present === undefined || present.version < doc.version) this.#docs.set(key, doc);
    }
  }

  async get<K extends DocKind>(kind: K, id: string): Promise<DocOf<K> | undefined> {
    const doc = this.#docs.get(`${kind} ${id}`);
    return doc !== undefined && isKind(doc, kind) ? doc : undefined;
  }

  async *scan<K extends DocKind>(kind: K): AsyncIterable<readonly DocOf<K>[]> {
    const docs = this.#all(kind).sort(compareDocs);
    if (docs.length > 0) yield docs;
  }

  async count(kind: DocKind): Promise<number> {
    return this.#all(kind).length;
  }

  async series({ series, from, to, widthMs }: SeriesQuery): Promise<readonly SeriesPoint[]> {
    const sums = new Map<number, Rollup[]>();
    for (const { body } of this.#all('rollup')) {
      if (body.series !== series || body.start < from || body.start >= to) continue;
      const start = Math.floor(body.start / widthMs) * widthMs;
      sums.set(start, [...(sums.get(start) ?? []), body]);
    }
    return [...sums].map(([start, rollups]) => ({ start, ...summed(rollups) })).sort((a, b) => a.start - b.start);
  }

  async totals({ from, to, limit }: { from: number; to: number; limit: number }): Promise<readonly SeriesTotal[]> {
    const sums = new Map<Rollup['series'], Rollup[]>();
    for (const { body } of this.#all('rollup')) {
      if (body.start >= from && body.start < to) sums.set(body.series, [...(sums.get(body.series) ?? []), body]);
    }
    const totals = [...sums].map(([series, rollups]) => ({ series, ...summed(rollups) }));
    return totals.sort((a, b) => b.articles - a.articles || (a.series < b.series ? -1 : 1)).slice(0, limit);
  }

  async stories({ series, before, limit }: StoryQuery): Promise<readonly Story[]> {
    const stories = this.#all('story').map((doc) => doc.body);
    return stories
      .filter(
        (story) =>
          (series === undefined || story.series.includes(series)) && (before === undefined || story.publishedAt < before),
      )
      .sort((a, b) => b.publishedAt - a.publishedAt || (a.id < b.id ? -1 : 1))
      .slice(0, limit);
  }

  async alerts({ status, series, from, limit }: AlertQuery): Promise<readonly Alert[]> {
    const alerts = this.#all('alert').map((doc) => doc.body);
    return alerts
      .filter((alert) => (status === undefined || alert.status === status) && (series === undefined || alert.series === series))
      .filter((alert) => from === undefined || alert.openedAt >= from)
      .sort((a, b) => b.openedAt - a.openedAt || (a.id < b.id ? -1 : 1))
      .slice(0, limit);
  }

  async changes({ after, limit }: { after: number; limit: number }): Promise<readonly DocOf<'story' | 'alert'>[]> {
    const docs = [...this.#all('story'), ...this.#all('alert')];
    return docs
      .filter((doc) => doc.version > after)
      .sort((a, b) => a.version - b.version || (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.id < b.id ? -1 : 1))
      .slice(0, limit);
  }

  async latest(): Promise<number> {
    let latest = -1;
    for (const doc of this.#docs.values()) latest = Math.max(latest, doc.version);
    return latest;
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {}

  #all<K extends DocKind>(kind: K): DocOf<K>[] {
    return [...this.#docs.values()].filter((doc) => isKind(doc, kind));
  }
}

function isKind<K extends DocKind>(doc: Doc, kind: K): doc is DocOf<K> {
  return doc.kind === kind;
}

function summed(rollups: readonly Rollup[]): Omit<SeriesPoint, 'start'> {
  const sum = (pick: (rollup: Rollup) => number): number => rollups.reduce((total, rollup) => total + pick(rollup), 0);
  const stories = sum((rollup) => rollup.stories);
  return {
    articles: sum((rollup) => rollup.articles),
    stories,
    negative: sum((rollup) => rollup.negative),
    neutral: sum((rollup) => rollup.neutral),
    positive: sum((rollup) => rollup.positive),
    tone: meanTone(
      sum((rollup) => rollup.toneUnits),
      stories,
    ),
  };
}
