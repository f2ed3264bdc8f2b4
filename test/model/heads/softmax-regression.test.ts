import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openProducts } from '../../../src/model/heads/onnxruntime-products.ts';
import {
  crossEntropy,
  type Examples,
  headLogits,
  plainProducts,
  softmax,
  trainHead,
} from '../../../src/model/heads/softmax-regression.ts';
import { foldIn, measure, standardize } from '../../../src/model/heads/standardization.ts';
import { fillUniform } from '../../fixtures/model/counter-parameters.ts';

const uniform = (name: string, length: number): Float32Array => {
  const values = new Float32Array(length);
  fillUniform(name, values, (u) => u);
  return values;
};

/** Three clouds in four dimensions that overlap a little. */
function clouds(count: number): Examples {
  const x = uniform('x', 4 * count);
  const y = Array.from({ length: count }, (_, n) => n % 3);
  for (const [n, label] of y.entries()) x[4 * n + label]! += 1.2; // label is below 4
  return { count, features: 4, x, y };
}

test('has the gradient that finite differences give', async () => {
  const examples = clouds(30);
  const objective = crossEntropy(examples, 3, 0.1, plainProducts(examples, 3));
  const p = Float64Array.from(uniform('p', 15));
  const gradient = new Float64Array(15);
  await objective(p, gradient);
  const step = 1e-3;
  for (let i = 0; i < p.length; i++) {
    const at = (shift: number): Promise<number> =>
      objective(
        p.map((value, k) => (k === i ? value + shift : value)),
        new Float64Array(15),
      );
    const numeric = ((await at(step)) - (await at(-step))) / (2 * step);
    assert.ok(Math.abs(numeric - (gradient[i] ?? 0)) < 2e-5, `component ${i}: ${gradient[i]} against ${numeric}`);
  }
});

test('learns to tell classes apart, better with more freedom', async () => {
  const examples = clouds(300);
  const accuracy = async (l2: number): Promise<number> => {
    const { head, converged } = await trainHead(examples, 3, l2, plainProducts(examples, 3), {
      maxIterations: 200,
      tolerance: 1e-5,
    });
    assert.ok(converged);
    const right = examples.y.filter((label, n) => {
      const logits = headLogits(head, examples.x.subarray(4 * n, 4 * n + 4));
      return logits.indexOf(Math.max(...logits)) === label;
    });
    return right.length / examples.count;
  };
  assert.ok((await accuracy(0.001)) > 0.75);
});

test('predicts the frequencies of the classes when the penalty leaves it nothing else', async () => {
  const examples = { ...clouds(100), y: Array.from({ length: 100 }, (_, n) => (n < 70 ? 0 : n < 90 ? 1 : 2)) };
  const { head } = await trainHead(examples, 3, 1e6, plainProducts(examples, 3), { maxIterations: 200, tolerance: 1e-7 });
  const p = softmax(Float64Array.from(head.bias));
  for (const [c, share] of [0.7, 0.2, 0.1].entries()) assert.ok(Math.abs((p[c] ?? 0) - share) < 1e-3);
});

test('reaches the same solution from a neighbouring one', async () => {
  const examples = clouds(60);
  const products = plainProducts(examples, 3);
  const options = { maxIterations: 300, tolerance: 1e-6 };
  const { head: start } = await trainHead(examples, 3, 0.1, products, options);
  const { head: warm } = await trainHead(examples, 3, 0.05, products, { ...options, start });
  const { head: cold } = await trainHead(examples, 3, 0.05, products, options);
  for (const [i, w] of warm.weight.entries()) assert.ok(Math.abs(w - (cold.weight[i] ?? 0)) < 1e-3);
});

test('computes the same products on ONNX Runtime as in plain loops', async () => {
  for (const [count, features, classes] of [
    [1, 1, 2],
    [7, 33, 3],
    [130, 65, 20],
  ] as const) {
    const examples = { count, features, x: uniform('x', count * features), y: [] };
    const fast = await openProducts(examples, classes, 2);
    const plain = plainProducts(examples, classes);
    const weight = uniform('w', classes * features);
    const residuals = uniform('g', count * classes);
    close(await fast.logits(weight), await plain.logits(weight));
    close(await fast.gradient(residuals), await plain.gradient(residuals));
    await fast.close();
  }
});

test('folds the standardization into the head', async () => {
  const examples = clouds(90);
  for (let n = 0; n < 90; n++) examples.x[4 * n + 3] = 5; // a constant feature
  const standardization = measure(examples);
  const standardized = standardize(examples, standardization);
  const { head } = await trainHead(standardized, 3, 0.01, plainProducts(standardized, 3), { maxIterations: 50, tolerance: 1e-4 });
  const folded = foldIn(head, standardization);
  for (const n of [0, 1, 50]) {
    const row = (from: Examples): Float32Array => from.x.subarray(4 * n, 4 * n + 4);
    close(Float32Array.from(headLogits(folded, row(examples))), Float32Array.from(headLogits(head, row(standardized))));
  }
});

function close(a: Float32Array, b: Float32Array): void {
  assert.equal(a.length, b.length);
  for (const [i, x] of a.entries())
    assert.ok(Math.abs(x - (b[i] ?? Number.NaN)) <= 1e-4 * Math.max(1, Math.abs(x)), `${i}: ${x} ${b[i]}`);
}
