import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minimize } from '../../../src/model/heads/lbfgs.ts';

test('finds the minimum of an ill-conditioned bowl', async () => {
  const x = Float64Array.from({ length: 20 }, () => 3);
  const bowl = async (at: Float64Array, gradient: Float64Array): Promise<number> => {
    let value = 0;
    for (const [i, xi] of at.entries()) {
      const weight = 10 ** (i % 5);
      value += 0.5 * weight * (xi - i) ** 2;
      gradient[i] = weight * (xi - i);
    }
    return value;
  };
  const { value, converged } = await minimize(bowl, x, { maxIterations: 300, tolerance: 1e-8 });
  assert.ok(converged);
  assert.ok(value < 1e-12);
  for (const [i, xi] of x.entries()) assert.ok(Math.abs(xi - i) < 1e-6);
});

test('never goes up, and says when it was stopped', async () => {
  const x = Float64Array.of(-1.2, 1);
  const values: number[] = [];
  const valley = async ([a = 0, b = 0]: Float64Array, gradient: Float64Array): Promise<number> => {
    gradient[0] = -2 * (1 - a) - 400 * a * (b - a * a);
    gradient[1] = 200 * (b - a * a);
    return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
  };
  for (let i = 0; i < 5; i++) {
    const { value, converged } = await minimize(valley, x, { maxIterations: 2, tolerance: 1e-9 });
    values.push(value);
    assert.equal(converged, false);
  }
  assert.deepEqual(
    values,
    values.toSorted((a, b) => b - a),
  );
});
