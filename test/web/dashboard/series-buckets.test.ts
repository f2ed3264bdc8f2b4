import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SeriesAnswer } from '../../../src/web/contract.ts';
import { fillBuckets } from '../../../src/web/dashboard/series-buckets.ts';

const WIDTH = 60_000;
const point = (start: number, counts: Partial<SeriesAnswer['points'][number]> = {}): SeriesAnswer['points'][number] => ({
  ...{ start, articles: 4, stories: 4, negative: 1, neutral: 2, positive: 1, tone: -0.25 },
  ...counts,
});
const answer = (points: SeriesAnswer['points'], to = 4 * WIDTH): SeriesAnswer => ({
  ...{ series: 'market', name: 'Market', from: 0, to, widthMs: WIDTH, points, alerts: [] },
});

describe('the buckets of a chart', () => {
  it('stack the counts, and show a stretch without news as empty, without a tone', () => {
    const buckets = fillBuckets(answer([point(WIDTH), point(3 * WIDTH, { negative: 2, neutral: 0, positive: 0, tone: -1 })]));
    assert.deepEqual(buckets.middles, [30, 90, 150, 210]);
    assert.deepEqual(buckets.negative, [0, 1, 0, 2]);
    assert.deepEqual(buckets.negativeAndNeutral, [0, 3, 0, 2]);
    assert.deepEqual(buckets.all, [0, 4, 0, 2]);
    assert.deepEqual(buckets.tone, [null, -0.25, null, -1]);
  });

  it('give no tone to a bucket that holds only further articles of older stories', () => {
    const none = { stories: 0, negative: 0, neutral: 0, positive: 0, tone: 0 };
    assert.deepEqual(fillBuckets(answer([point(0, none)], WIDTH)).tone, [null]);
  });

  it('stay within bounds whatever the server says', () => {
    assert.equal(fillBuckets(answer([], 1e15)).middles.length, 5000);
    assert.deepEqual(fillBuckets(answer([], -1)).middles, []);
  });
});
