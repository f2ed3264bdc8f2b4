import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rollupId } from '../../src/domain/doc.ts';
import type { SeriesKey } from '../../src/domain/series.ts';
import type { Rollup } from '../../src/domain/trends.ts';
import { MemoryTrendStore } from '../../src/store/memory-trends.ts';
import { movers } from '../../src/web/server/movers.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 20);

interface Wish {
  readonly series: SeriesKey;
  readonly start: number;
  readonly negative?: number;
  readonly neutral?: number;
  readonly positive?: number;
}

async function storeOf(wishes: readonly Wish[]): Promise<MemoryTrendStore> {
  const store = new MemoryTrendStore();
  const docs = wishes.map(({ series, start, negative = 0, neutral = 0, positive = 0 }, version) => {
    const stories = negative + neutral + positive;
    const toneUnits = (positive - negative) * 10_000;
    const counts = { articles: stories, stories, negative, neutral, positive, toneUnits };
    const body: Rollup = { series, start, widthMs: 300_000, fragment: '', ...counts };
    return { kind: 'rollup' as const, id: rollupId(body), version, body };
  });
  await store.write(docs);
  return store;
}

/** A series that is as usual on each of the fourteen days before, and on the last one as given. */
function history(series: SeriesKey, usual: Omit<Wish, 'series' | 'start'>, last: Omit<Wish, 'series' | 'start'>): Wish[] {
  const past = Array.from({ length: 14 }, (_, day) => ({ series, start: NOW - (day + 2) * DAY + 300_000, ...usual }));
  return [...past, { series, start: NOW - 3_600_000, ...last }];
}

describe('movers', () => {
  it('puts the series furthest from its own normal first, whichever way', async () => {
    const store = await storeOf([
      ...history('entity:CALM', { negative: 2, neutral: 6, positive: 2 }, { negative: 2, neutral: 6, positive: 2 }),
      ...history('entity:WORSE', { negative: 1, neutral: 8, positive: 1 }, { negative: 8, neutral: 2 }),
      ...history('entity:BETTER', { negative: 3, neutral: 4, positive: 3 }, { neutral: 4, positive: 6 }),
    ]);
    const { companies, topics } = await movers(store, NOW);
    assert.deepEqual(
      companies.map(({ name }) => name),
      ['WORSE', 'BETTER', 'CALM'],
    );
    assert.ok((companies[0]?.departure ?? 0) < -3 && (companies[1]?.departure ?? 0) > 1);
    assert.ok(Math.abs(companies[2]?.departure ?? 9) < 0.5);
    assert.equal(companies[0]?.usual.storiesPerDay, 10);
    assert.deepEqual(topics, []);
  });

  it('compares a series with its own normal: a gloomy one that stays gloomy is no news', async () => {
    const store = await storeOf([
      ...history('topic:Gloom', { negative: 8, neutral: 2 }, { negative: 8, neutral: 2 }),
      ...history('topic:Calm', { negative: 1, neutral: 9 }, { negative: 5, neutral: 5 }),
    ]);
    const { topics } = await movers(store, NOW);
    assert.deepEqual(
      topics.map(({ name }) => name),
      ['Calm', 'Gloom'],
    );
  });

  it('claims nothing from one or two stories, and little of a series without a past', async () => {
    const store = await storeOf([
      { series: 'entity:FEW', start: NOW - 1000_000, negative: 2 },
      { series: 'entity:NEW', start: NOW - 1000_000, negative: 3 },
      ...history('entity:OLD', { neutral: 10 }, { negative: 3 }),
    ]);
    const { companies } = await movers(store, NOW);
    assert.deepEqual(
      companies.map(({ name }) => name),
      ['OLD', 'NEW'],
    );
  });
});
