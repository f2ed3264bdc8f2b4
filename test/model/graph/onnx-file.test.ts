import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ort from 'onnxruntime-node';
import { createGraph, type Graph, type Value } from '../../../src/model/graph/graph.ts';
import { encodeOnnx } from '../../../src/model/graph/onnx-file.ts';
import * as ops from '../../../src/model/graph/ops.ts';
import * as shapes from '../../../src/model/graph/shape-ops.ts';

async function run(graph: Graph, feeds: Record<string, ort.Tensor>): Promise<ort.InferenceSession.OnnxValueMapType> {
  const session = await ort.InferenceSession.create(encodeOnnx(graph), {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
  });
  const results = await session.run(feeds);
  await session.release();
  return results;
}

test('writes files that ONNX Runtime runs, with the shapes that the builder inferred', async () => {
  const g = createGraph('all');
  const x = g.input('x', 'float32', ['batch', 3, 4]);
  const w = g.constant(
    'w',
    [4, 6],
    Float32Array.from({ length: 24 }, (_, i) => i / 10),
  );
  const product = ops.matmul(g, x, w);
  const values: Value[] = [
    product,
    shapes.transpose(g, product, [2, 0, 1]),
    shapes.reshape(g, product, [0, 0, 2, 3]),
    shapes.reshape(g, product, [0, -1], 18),
    ops.add(g, product, g.constant('b', [6], new Float32Array(6).fill(1))),
    ops.softmax(g, product),
    ops.gelu(g, product),
    shapes.unsqueeze(g, product, [1]),
    ops.reduceLast(g, 'ReduceMean', product),
    shapes.pick(g, product, 1, 2),
    ops.cast(g, product, 'int32'),
    ops.gather(g, w, g.constant('rows', [2, 2], BigInt64Array.of(0n, 3n, 1n, 1n))),
    ops.cumulativeSum(g, x, 1),
    ops.quantizeLinear(g, product, ops.scalar(g, 'scale', Float32Array.of(0.1)), 7),
  ];
  const names = values.map((value, n) => g.output(value, `out_${n}`).name);
  const results = await run(g, {
    x: new ort.Tensor(
      'float32',
      Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
      [2, 3, 4],
    ),
  });
  for (const [n, value] of values.entries()) {
    const result = results[names[n] ?? ''];
    assert.deepEqual(
      result?.dims,
      value.shape.map((size) => (size === 'batch' ? 2 : size)),
      names[n],
    );
    assert.equal(result?.type, value.type);
  }
});

test('keeps the nodes in an order of execution, each with its operator, inputs and results', () => {
  const g = createGraph('small');
  const x = g.input('x', 'float32', ['n']);
  const y = ops.mul(g, ops.add(g, x, x), x);
  assert.deepEqual(
    g.nodes.map(({ op, inputs, outputs }) => [op, inputs.map((value) => value?.name), outputs.map(({ name }) => name)]),
    [
      ['Add', ['x', 'x'], ['add']],
      ['Mul', ['add', 'x'], ['mul']],
    ],
  );
  assert.deepEqual(y, { name: 'mul', type: 'float32', shape: ['n'] });
});

test('gives equal names to nothing, and the same bytes for the same graph', () => {
  const build = (): Graph => {
    const g = createGraph('twice');
    const x = g.input('x', 'float32', [2]);
    g.output(ops.add(g, ops.add(g, x, x), ops.scalar(g, 'x', Float32Array.of(1))), 'y');
    return g;
  };
  const graph = build();
  const names = [...graph.inputs, ...graph.constants.map(({ value }) => value), ...graph.nodes.flatMap(({ outputs }) => outputs)];
  assert.equal(new Set(names.map(({ name }) => name)).size, names.length);
  assert.deepEqual(encodeOnnx(graph), encodeOnnx(build()));
});

test('refuses shapes that cannot be right', () => {
  const g = createGraph('wrong');
  const a = g.input('a', 'float32', ['batch', 3]);
  const b = g.input('b', 'float32', [4, 3]);
  assert.throws(() => ops.matmul(g, a, b), /x/);
  assert.throws(() => ops.add(g, a, b), /do not broadcast/);
  assert.throws(() => g.constant('c', [2, 2], new Float32Array(3)), /needs 4 elements, not 3/);
  assert.throws(() => shapes.reshape(g, a, [0, 0, 0]), /cannot become/);
  assert.throws(() => g.output(a, 'b'), /has a value b already/);
});

test('computes the operators', async () => {
  const g = createGraph('values');
  const x = g.input('x', 'float32', [3]);
  g.output(ops.gelu(g, x), 'activated');
  g.output(ops.quantizeLinear(g, x, ops.scalar(g, 's', Float32Array.of(0.5)), 100), 'bytes');
  const results = await run(g, { x: new ort.Tensor('float32', Float32Array.of(-1, 0.25, 200), [3]) });
  const gelu = results.activated?.data;
  assert.ok(gelu instanceof Float32Array && Math.abs((gelu[0] ?? 0) + 0.15865526) < 1e-6);
  assert.deepEqual([...(results.bytes?.data ?? [])], [98, 100, 255]);
});

test('gives outputs by their names, whatever they are of: a result, an input, another output, one result twice', async () => {
  const g = createGraph('outputs');
  const x = g.input('x', 'float32', [1]);
  const y = ops.add(g, x, x);
  const first = g.output(y, 'first');
  g.output(y, 'twice');
  g.output(first, 'chained');
  g.output(x, 'input');
  g.output(ops.mul(g, y, first), 'square');
  const results = await run(g, { x: new ort.Tensor('float32', Float32Array.of(3), [1]) });
  const numbers = Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Number(data[0])]));
  assert.deepEqual(numbers, { first: 6, twice: 6, chained: 6, input: 3, square: 36 });
});
