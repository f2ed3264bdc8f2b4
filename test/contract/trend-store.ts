import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Sentiment } from '../../src/domain/article.ts';
import { compareDocs, DOC_KINDS, type Doc, rollupId } from '../../src/domain/doc.ts';
import type { SeriesKey } from '../../src/domain/series.ts';
import type { Alert, Rollup, StoredArticle, Story } from '../../src/domain/trends.ts';
import type { TrendStore } from '../../src/store/trend-port.ts';

export interface TrendPlace {
  open(): Promise<TrendStore>;
  remove(): Promise<void>;
}

const MINUTE = 60_000;
const BUCKET = 5 * MINUTE;
const T0 = Date.UTC(2026, 0, 5, 12);
const sentiment: Sentiment = { negative: 0.7, neutral: 0.2, positive: 0.1 };

function story(id: string, version: number, more: Partial<Story> = {}): Doc {
  const body: Story = {
    id,
    title: `Story ${id}`,
    url: '',
    source: 's',
    publishedAt: T0,
    updatedAt: T0,
    articles: 1,
    sentiment,
    topic: { label: 'Markets', p: 0.9 },
    entities: [],
    series: ['market'],
    bundle: 'b',
    ...more,
  };
  return { kind: 'story', id, version, body };
}

function article(id: string, version: number): Doc {
  const body: StoredArticle = {
    id,
    source: 's',
    url: '',
    title: 't',
    summary: '',
    publishedAt: T0,
    appendedAt: T0,
    dated: true,
    language: '',
    tickers: [],
    sentiment,
    topics: [{ label: 'Markets', p: 0.9 }],
    entities: [],
    fingerprint: { exact: 'x', simhash: '0'.repeat(16), words: 1 },
    bundle: 'b',
    storyId: id,
  };
  return { kind: 'article', id, version, body };
}

function rollup(series: SeriesKey, start: number, version: number, more: Partial<Rollup> = {}): Doc {
  const body: Rollup = {
    series,
    start,
    widthMs: BUCKET,
    fragment: '',
    articles: 2,
    stories: 1,
    negative: 1,
    neutral: 0,
    positive: 0,
    toneUnits: -6000,
    ...more,
  };
  return { kind: 'rollup', id: rollupId(body), version, body };
}

function alert(id: string, version: number, more: Partial<Alert> = {}): Doc {
  const evidence = {
    window: { from: T0 - 60 * MINUTE, to: T0 },
    observed: { stories: 9, negative: 8 },
    expected: { negative: 1, share: 0.2 },
    probability: { count: 1e-6, share: 1e-4 },
    topStories: [],
    words: ['fraud'],
  };
  const body: Alert = {
    id,
    series: 'market',
    status: 'open',
    severity: 'warning',
    openedAt: T0,
    updatedAt: T0,
    resolvedAt: null,
    evidence,
    ...more,
  };
  return { kind: 'alert', id, version, body };
}

/** What every trend store must do. Run it with a fresh place a test. */
export function trendStoreContract(name: string, makePlace: () => Promise<TrendPlace>): void {
  describe(`trend store: ${name}`, { timeout: 60_000 }, () => {
    let place: TrendPlace;
    let store: TrendStore;

    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
    });
    afterEach(async () => {
      await store.close();
      await place.remove();
    });

    it('gives back every kind of document as it was written, after opening again too', async () => {
      const docs = [article('a1', 3), story('s1', 4), rollup('topic:Fed | Central Banks', T0, 5), alert('x1', 6)];
      await store.write(docs);
      await store.flush();
      await store.close();
      store = await place.open();
      for (const doc of docs) assert.deepEqual(await store.get(doc.kind, doc.id), doc);
      assert.equal(await store.get('story', 'none'), undefined);
    });

    it('never goes back: an older or equal version changes nothing', async () => {
      for (const make of [story, alert] as const) {
        const newer = make('d', 7);
        await store.write([newer]);
        await store.write([make('d', 6, { updatedAt: 1 })]);
        await store.write([make('d', 7, { updatedAt: 2 })]);
        assert.deepEqual(await store.get(newer.kind, 'd'), newer);
      }
      const newest = rollup('market', T0, 9, { articles: 5 });
      await store.write([newest]);
      await store.write([rollup('market', T0, 8, { articles: 1 })]);
      assert.deepEqual(await store.get('rollup', newest.id), newest);
    });

    it('takes the same batch twice as once', async () => {
      const docs = [article('a1', 1), story('s1', 1), rollup('market', T0, 1)];
      await store.write(docs);
      await store.write(docs);
      assert.deepEqual(await Promise.all(DOC_KINDS.map((kind) => store.count(kind))), [1, 1, 1, 0]);
    });

    it('scans every document once, in the one order', async () => {
      const docs = [
        ...['b', 'a', 'é', 'Z'].map((id, index) => story(id, index)),
        ...(['market', 'entity:A', 'entity:A.B', 'topic:M&A', 'entity:A'] as const).map((key, index) =>
          rollup(key, T0 + index * BUCKET, index),
        ),
        rollup('entity:A', T0 + BUCKET, 9, { fragment: 'late' }),
      ];
      await store.write(docs);
      for (const kind of ['story', 'rollup'] as const) {
        const scanned: Doc[] = [];
        for await (const chunk of store.scan(kind)) scanned.push(...chunk);
        assert.deepEqual(scanned, docs.filter((doc) => doc.kind === kind).sort(compareDocs));
      }
    });

    it('sums rollups into points: fragments, coarser widths, mean tone', async () => {
      await store.write([
        rollup('market', T0, 1),
        rollup('market', T0, 2, { fragment: 'late', articles: 1, stories: 1, negative: 0, positive: 1, toneUnits: 4000 }),
        rollup('market', T0 + BUCKET, 3),
        rollup('entity:A', T0, 4),
        rollup('market', T0 + 60 * MINUTE, 5),
      ]);
      const hour = { articles: 5, stories: 3, negative: 2, neutral: 0, positive: 1, tone: -0.2667 };
      const points = await store.series({ series: 'market', from: T0, to: T0 + 120 * MINUTE, widthMs: 60 * MINUTE });
      assert.deepEqual(points, [
        { start: T0, ...hour },
        { start: T0 + 60 * MINUTE, articles: 2, stories: 1, negative: 1, neutral: 0, positive: 0, tone: -0.6 },
      ]);
      const fine = await store.series({ series: 'market', from: T0, to: T0 + BUCKET, widthMs: BUCKET });
      assert.deepEqual(
        fine.map(({ articles }) => articles),
        [3],
      );
      assert.deepEqual(await store.series({ series: 'topic:None', from: 0, to: T0, widthMs: BUCKET }), []);
    });

    it('totals every series in a period, the busiest first', async () => {
      await store.write([
        rollup('entity:B', T0, 1),
        rollup('entity:A', T0, 2),
        rollup('market', T0, 3, { articles: 9 }),
        rollup('entity:Old', T0 - BUCKET, 4),
      ]);
      const totals = await store.totals({ from: T0, to: T0 + BUCKET, limit: 10 });
      assert.deepEqual(
        totals.map(({ series }) => series),
        ['market', 'entity:A', 'entity:B'],
      );
      assert.equal((await store.totals({ from: T0, to: T0 + BUCKET, limit: 1 })).length, 1);
    });

    it('lists stories newest first, of one series, and before an instant', async () => {
      await store.write([
        story('old', 1, { publishedAt: T0 }),
        story('new', 2, { publishedAt: T0 + 2, series: ['market', 'entity:A'] }),
        story('mid', 3, { publishedAt: T0 + 1, series: ['market', 'entity:A'] }),
      ]);
      const ids = async (query: Parameters<TrendStore['stories']>[0]): Promise<string[]> =>
        (await store.stories(query)).map(({ id }) => id);
      assert.deepEqual(await ids({ limit: 2 }), ['new', 'mid']);
      assert.deepEqual(await ids({ limit: 9, before: T0 + 2 }), ['mid', 'old']);
      assert.deepEqual(await ids({ limit: 9, series: 'entity:A' }), ['new', 'mid']);
      assert.deepEqual(await ids({ limit: 9, series: 'entity:A', before: T0 + 2 }), ['mid']);
    });

    it('shows a story in a series that it joined later', async () => {
      await store.write([story('s', 1)]);
      await store.write([story('s', 2, { series: ['market', 'entity:A'], articles: 2 })]);
      assert.deepEqual(
        (await store.stories({ series: 'entity:A', limit: 9 })).map(({ articles }) => articles),
        [2],
      );
    });

    it('lists alerts newest first, by status, series and opening', async () => {
      await store.write([
        alert('a', 1),
        alert('b', 2, { openedAt: T0 + 1, status: 'resolved', resolvedAt: T0 + 9 }),
        alert('c', 3, { openedAt: T0 + 2, series: 'entity:A' }),
      ]);
      const ids = async (query: Parameters<TrendStore['alerts']>[0]): Promise<string[]> =>
        (await store.alerts(query)).map(({ id }) => id);
      assert.deepEqual(await ids({ limit: 9 }), ['c', 'b', 'a']);
      assert.deepEqual(await ids({ limit: 9, status: 'open' }), ['c', 'a']);
      assert.deepEqual(await ids({ limit: 9, series: 'market' }), ['b', 'a']);
      assert.deepEqual(await ids({ limit: 9, from: T0 + 2 }), ['c']);
      assert.deepEqual(await ids({ limit: 1 }), ['c']);
    });

    it('tells what changed after a version, in the order of versions', async () => {
      assert.equal(await store.latest(), -1);
      await store.write([story('s1', 1), story('s2', 5), alert('a', 3), article('x', 4), rollup('market', T0, 5)]);
      assert.equal(await store.latest(), 5);
      const changes = await store.changes({ after: 1, limit: 9 });
      assert.deepEqual(
        changes.map(({ id }) => id),
        ['a', 's2'],
      );
      assert.deepEqual(
        (await store.changes({ after: 0, limit: 2 })).map(({ id }) => id),
        ['s1', 'a'],
      );
    });
  });
}
