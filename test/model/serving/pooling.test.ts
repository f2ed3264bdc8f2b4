import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pool } from '../../../src/model/serving/pooling.ts';

// (batch 2, tokens 3, hidden 2); the last token of each row is padding
const state = Float32Array.of(1, -1, 3, -5, 99, 99, 2, 4, 6, 8, 99, 99);

test('takes the mean, the maximum and the first token of a text, and never its padding', () => {
  const parts = [
    { layer: 3, kind: 'mean' as const },
    { layer: 3, kind: 'max' as const },
    { layer: 3, kind: 'first' as const },
  ];
  assert.deepEqual([...pool(parts, [3], [state], { row: 0, first: 0, length: 2, tokens: 3 }, 2)], [2, -3, 3, -1, 1, -1]);
  assert.deepEqual([...pool(parts, [3], [state], { row: 1, first: 0, length: 2, tokens: 3 }, 2)], [4, 6, 6, 8, 2, 4]);
});

test('pools the second part of a pair alone', () => {
  const parts = [{ layer: 3, kind: 'mean' as const }];
  assert.deepEqual([...pool(parts, [3], [state], { row: 0, first: 1, length: 1, tokens: 3 }, 2)], [3, -5]);
});

test('reads the state of the layer that a part names', () => {
  const other = Float32Array.from(state, (x) => 10 * x);
  const parts = [{ layer: 6, kind: 'first' as const }];
  assert.deepEqual([...pool(parts, [0, 6], [state, other], { row: 0, first: 0, length: 2, tokens: 3 }, 2)], [10, -10]);
  assert.throws(() => pool(parts, [0], [state], { row: 0, first: 0, length: 2, tokens: 3 }, 2), /no state of layer 6/);
});
