import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headLogits, softmax } from '../../../src/model/heads/head.ts';

test('is linear: weight times features plus bias', () => {
  const head = { classes: 2, features: 3, weight: Float32Array.of(1, 2, 3, -1, 0, 1), bias: Float32Array.of(0.5, -0.5) };
  assert.deepEqual([...headLogits(head, [1, 0, 2])], [7.5, 0.5]);
});

test('gives probabilities that a temperature flattens, and that no logit overflows', () => {
  const [a = 0, b = 0] = softmax(Float64Array.of(Math.log(3), 0));
  assert.ok(Math.abs(a - 0.75) < 1e-12 && Math.abs(b - 0.25) < 1e-12);
  const [hot = 0] = softmax(Float64Array.of(Math.log(3), 0), 2);
  assert.ok(Math.abs(hot - Math.sqrt(3) / (1 + Math.sqrt(3))) < 1e-12);
  assert.deepEqual([...softmax(Float64Array.of(1e4, -1e4))], [1, 0]);
});
