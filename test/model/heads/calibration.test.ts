import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitTemperature, negativeLogLikelihood } from '../../../src/model/heads/calibration.ts';
import { softmax } from '../../../src/model/heads/head.ts';
import { fillUniform } from '../../fixtures/model/counter-parameters.ts';

/** Logits, and labels drawn from the probabilities that `truth` times as hot logits give. */
function sample(count: number, truth: number): { logits: Float64Array[]; labels: number[] } {
  const values = new Float32Array(3 * count);
  fillUniform('logits', values, (u) => 4 * u);
  const draws = new Float32Array(count);
  fillUniform('draws', draws, (u) => (u + 1) / 2);
  const logits = Array.from({ length: count }, (_, n) => Float64Array.from(values.subarray(3 * n, 3 * n + 3)));
  const labels = logits.map((row, n) => {
    const [a = 0, b = 0] = softmax(row, truth);
    const draw = draws[n] ?? 0;
    return draw < a ? 0 : draw < a + b ? 1 : 2;
  });
  return { logits, labels };
}

test('finds the temperature that the labels were drawn with', () => {
  for (const truth of [0.5, 1, 2.5]) {
    const { logits, labels } = sample(8000, truth);
    const found = fitTemperature(logits, labels);
    assert.ok(Math.abs(found / truth - 1) < 0.06, `${found} for ${truth}`);
    assert.ok(negativeLogLikelihood(logits, labels, found) <= negativeLogLikelihood(logits, labels, truth));
  }
});

test('gives finite numbers for logits of any size', () => {
  const p = softmax(Float64Array.of(1e308, -1e308, 0));
  assert.deepEqual([...p], [1, 0, 0]);
  assert.ok(Number.isFinite(negativeLogLikelihood([Float64Array.of(1e4, 0)], [1])));
});
