import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureProbabilities } from '../../../src/model/heads/metrics.ts';

test('counts by hand what five rows give', () => {
  const rows = [
    [0.8, 0.2, 0],
    [0.6, 0.4, 0],
    [0.3, 0.7, 0],
    [0.1, 0.9, 0],
    [0.5, 0.5, 0],
  ];
  const metrics = measureProbabilities(rows, [0, 1, 1, 1, 0], ['a', 'b', 'c']);
  assert.equal(metrics.n, 5);
  assert.equal(metrics.accuracy, 0.8);
  assert.deepEqual(metrics.confusion, [
    [2, 0, 0],
    [1, 2, 0],
    [0, 0, 0],
  ]);
  assert.deepEqual(metrics.classes, [
    { label: 'a', n: 2, precision: 0.6667, recall: 1, f1: 0.8 },
    { label: 'b', n: 3, precision: 1, recall: 0.6667, f1: 0.8 },
    { label: 'c', n: 0, precision: 0, recall: 0, f1: 0 },
  ]);
  assert.equal(metrics.macroF1, 0.5333);
  // Each row has a bin of its own but 0.6 (bin 9): |0.8-1| + |0.6-0| + |0.7-1| + |0.9-1| + |0.5-1| over 5
  assert.equal(metrics.ece, 0.34);
  assert.equal(metrics.nll, 0.4589);
});

test('has no calibration error when confidence is frequency', () => {
  const rows = Array.from({ length: 10 }, () => [0.7, 0.3]);
  const metrics = measureProbabilities(rows, [0, 0, 0, 0, 0, 0, 0, 1, 1, 1], ['a', 'b']);
  assert.equal(metrics.ece, 0);
});

test('refuses a label that has no class', () => {
  assert.throws(() => measureProbabilities([[1, 0]], [2], ['a', 'b']), /row 0/);
});
