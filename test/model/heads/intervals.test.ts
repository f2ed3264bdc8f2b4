import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bootstrapIntervals } from '../../../src/model/heads/intervals.ts';

const labels = Array.from({ length: 1000 }, (_, i) => i % 2);
/** Wrong in one of five. */
const predicted = labels.map((label, i) => (i % 10 < 2 ? 1 - label : label));

describe('bootstrap intervals', () => {
  it('are about as wide as the binomial says where every row is a group of its own', () => {
    const { accuracy, macroF1, groups } = bootstrapIntervals(predicted, labels, [...labels.keys()], 2);
    const half = 1.96 * Math.sqrt((0.8 * 0.2) / 1000);
    for (const { low, high } of [accuracy, macroF1]) {
      assert.ok(Math.abs(low - (0.8 - half)) < 0.008 && Math.abs(high - (0.8 + half)) < 0.008, `${low} to ${high}`);
    }
    assert.equal(groups, 1000);
  });

  it('are wider where near-duplicates are right or wrong together', () => {
    const together = labels.map((_, i) => Math.floor((i % 10) / 2) * 100 + Math.floor(i / 100));
    const { accuracy, groups } = bootstrapIntervals(predicted, labels, together, 2);
    const half = 1.96 * Math.sqrt((0.8 * 0.2) / groups);
    assert.ok(Math.abs(accuracy.high - accuracy.low - 2 * half) < half / 2, `${accuracy.low} to ${accuracy.high} of ${groups}`);
  });

  it('are the same each time, and a point where all is right', () => {
    const once = bootstrapIntervals(predicted, labels, labels, 2);
    assert.deepEqual(bootstrapIntervals(predicted, labels, labels, 2), once);
    assert.deepEqual(bootstrapIntervals(labels, labels, [...labels.keys()], 2).accuracy, { low: 1, high: 1 });
  });
});
