import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as ort from 'onnxruntime-node';
import { differentiate } from '../../../src/model/gradients/differentiate.ts';
import { GRADIENTS } from '../../../src/model/gradients/gradients.ts';
import { createGraph } from '../../../src/model/graph/graph.ts';
import { encodeOnnx } from '../../../src/model/graph/onnx-file.ts';
import * as ops from '../../../src/model/graph/ops.ts';
import * as shapes from '../../../src/model/graph/shape-ops.ts';
import { type Case, type Float, gradientError } from './finite-differences.ts';

const positive = (u: number): number => 1.5 + u;

/** By operator: functions that use it, in every form that the encoder, heads and losses have. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  Identity: [{ shapes: [[3]], build: (g, [x]) => g.node('Identity', [x], [{ type: x!.type, shape: x!.shape }])[0]! }],
  Add: [
    {
      shapes: [
        ['batch', 3],
        ['batch', 3],
      ],
      build: (g, [a, b]) => ops.add(g, a!, b!),
    },
    { shapes: [['batch', 'tokens', 4], [4]], build: (g, [a, b]) => ops.add(g, a!, b!) },
    {
      shapes: [
        ['batch', 1, 4],
        ['batch', 'tokens', 1],
      ],
      build: (g, [a, b]) => ops.add(g, a!, b!),
    },
    { shapes: [[3]], build: (g, [a]) => ops.add(g, a!, a!) },
  ],
  Sub: [{ shapes: [['batch', 4], [4]], build: (g, [a, b]) => ops.sub(g, a!, b!) }],
  Mul: [
    {
      shapes: [
        ['batch', 'tokens', 4],
        ['batch', 1, 4],
      ],
      build: (g, [a, b]) => ops.mul(g, a!, b!),
    },
    { shapes: [[2, 3]], build: (g, [a]) => ops.mul(g, a!, a!) },
    { shapes: [[2, 3], []], build: (g, [a, b]) => ops.mul(g, a!, b!) },
  ],
  Div: [
    {
      shapes: [
        ['batch', 4],
        ['batch', 1],
      ],
      domain: positive,
      build: (g, [a, b]) => ops.div(g, a!, b!),
    },
  ],
  Exp: [{ shapes: [[5]], build: (g, [x]) => ops.exp(g, x!) }],
  Sqrt: [{ shapes: [[5]], domain: positive, build: (g, [x]) => ops.sqrt(g, x!) }],
  Reciprocal: [{ shapes: [[5]], domain: positive, build: (g, [x]) => ops.reciprocal(g, x!) }],
  Tanh: [{ shapes: [[5]], build: (g, [x]) => ops.tanh(g, x!) }],
  Gelu: [{ shapes: [[2, 7]], domain: (u) => 3 * u, build: (g, [x]) => ops.gelu(g, x!) }],
  Softmax: [{ shapes: [['batch', 2, 5]], build: (g, [x]) => ops.softmax(g, x!) }],
  LogSoftmax: [{ shapes: [['batch', 5]], build: (g, [x]) => ops.logSoftmax(g, x!) }],
  LayerNormalization: [
    {
      shapes: [['batch', 'tokens', 5], [5], [5]],
      build: (g, [x, scale, bias]) => ops.differentiableLayerNormalization(g, x!, scale!, bias!, 1e-5),
    },
  ],
  MatMul: [
    {
      shapes: [
        ['batch', 2, 'tokens', 4],
        ['batch', 2, 4, 'tokens'],
      ],
      build: (g, [a, b]) => ops.matmul(g, a!, b!),
    },
    {
      shapes: [
        ['batch', 'tokens', 4],
        [4, 5],
      ],
      build: (g, [a, b]) => ops.matmul(g, a!, b!),
    },
    {
      shapes: [
        [3, 4],
        [4, 2],
      ],
      build: (g, [a, b]) => ops.matmul(g, a!, b!),
    },
  ],
  Gemm: [false, true].flatMap((transA) =>
    [false, true].map(
      (transB): Case => ({
        shapes: [transA ? [4, 3] : [3, 4], transB ? [2, 4] : [4, 2], [2]],
        build: (g, [a, b, bias]) => ops.gemm(g, a!, b!, { bias: bias!, transA, transB }),
      }),
    ),
  ),
  Gather: [
    {
      shapes: [[4, 3]],
      build: (g, [table]) => ops.gather(g, table!, g.constant('rows', [2, 3], BigInt64Array.of(0n, 3n, 3n, 1n, 3n, 0n))),
    },
  ],
  Transpose: [{ shapes: [['batch', 'tokens', 2, 3]], build: (g, [x]) => shapes.transpose(g, x!, [0, 2, 3, 1]) }],
  Reshape: [{ shapes: [['batch', 'tokens', 6]], build: (g, [x]) => shapes.reshape(g, x!, [0, 0, 2, 3]) }],
  Unsqueeze: [{ shapes: [['batch', 3]], build: (g, [x]) => shapes.unsqueeze(g, x!, [1, 2]) }],
  Cast: [{ shapes: [[3]], build: (g, [x]) => ops.cast(g, ops.cast(g, x!, 'float64'), x!.type) }],
  ReduceSum: [{ shapes: [['batch', 2, 3]], build: (g, [x]) => ops.reduceSum(g, x!, [1, 2], true) }],
  ReduceMean: [{ shapes: [['batch', 3]], build: (g, [x]) => ops.reduceLast(g, 'ReduceMean', x!) }],
  ReduceSumSquare: [{ shapes: [['batch', 3]], build: (g, [x]) => ops.reduceLast(g, 'ReduceSumSquare', x!) }],
};

/** ONNX Runtime 1.30 has Gelu on its CPU provider for float32 only, and gives LayerNormalization's statistics in float32 only. */
const SINGLE: ReadonlySet<string> = new Set(['Gelu', 'LayerNormalization']);

describe('the gradient of', () => {
  for (const [op, cases] of Object.entries(CASES)) {
    const type: Float = SINGLE.has(op) ? 'float32' : 'float64';
    it(`${op} is that of finite differences, in ${type}`, async () => {
      for (const [n, each] of cases.entries()) {
        const error = await gradientError(`${op} ${n}`, each, type);
        assert.ok(error < (type === 'float64' ? 1e-8 : 2e-3), `case ${n}: relative error ${error}`);
      }
    });
  }

  it('Dropout passes on what was kept, scaled as it was, and nothing else; the draws are those of the seed', async () => {
    const draws: string[] = [];
    for (const seed of [7, 7, 8]) {
      const g = createGraph('dropout');
      const x = g.input('x', 'float32', [1000]);
      const y = ops.dropout(g, x, ops.like(g, x, 0.5), seed);
      const [gradient] = differentiate(g, ops.reduceSum(g, ops.mul(g, y, y), [0]), [x]);
      g.output(y, 'y');
      g.output(gradient!, 'dx');
      const session = await ort.InferenceSession.create(encodeOnnx(g), { logSeverityLevel: 3 });
      const numbers = (tensor: ort.Tensor | undefined): number[] => Array.from(tensor?.data ?? [], Number);
      for (let run = 0; run < 2; run += 1) {
        const results = await session.run({ x: new ort.Tensor('float32', new Float32Array(1000).fill(3), [1000]) });
        const kept = numbers(results.y);
        assert.ok(kept.every((value) => value === 0 || value === 6));
        assert.ok(Math.abs(kept.filter((value) => value === 6).length - 500) < 70);
        assert.deepEqual(
          numbers(results.dx),
          kept.map((value) => (2 * value) / 0.5),
        );
        draws.push(kept.join());
      }
      await session.release();
    }
    const [first, second, again, andSecond, other] = draws;
    assert.deepEqual([again, andSecond], [first, second]);
    assert.ok(first !== second && first !== other);
  });

  it('every operator of the table is checked', () => {
    assert.deepEqual(
      Object.keys(GRADIENTS).filter((op) => !(op in CASES)),
      ['Dropout'],
    );
  });
});

describe('differentiation', () => {
  it('sums over all the ways that lead from a variable to the loss', async () => {
    const several: Case = {
      shapes: [[2, 3], [3]],
      build: (g, [x, b]) => {
        const y = ops.tanh(g, ops.add(g, x!, b!));
        return ops.add(g, ops.mul(g, y, x!), ops.softmax(g, ops.mul(g, y, b!)));
      },
    };
    assert.ok((await gradientError('several', several, 'float64')) < 1e-8);
  });

  it('differentiates nothing that the variables do not lead to', () => {
    const g = createGraph('frozen');
    const x = g.input('x', 'float32', [2, 3]);
    const frozen = g.input('frozen', 'float32', [3, 4]);
    const head = g.input('head', 'float32', [4, 5]);
    const loss = ops.reduceSum(g, ops.matmul(g, ops.tanh(g, ops.matmul(g, x, frozen)), head), [0, 1]);
    const before = g.nodes.length;
    differentiate(g, loss, [head]);
    const added = g.nodes.slice(before).map(({ op }) => op);
    assert.equal(added.filter((op) => op === 'Gemm').length, 1);
    assert.ok(!added.includes('MatMul'));
  });

  it('says what has no gradient, and what the loss does not depend on', () => {
    const g = createGraph('none');
    const x = g.input('x', 'float32', [3]);
    const y = g.input('y', 'float32', [3]);
    const rounded = ops.cast(g, ops.quantizeLinear(g, x, ops.like(g, x, 1), 0), 'float32');
    assert.throws(() => differentiate(g, ops.reduceSum(g, rounded, [0]), [x]), /QuantizeLinear has no gradient/);
    assert.throws(() => differentiate(g, ops.reduceSum(g, x, [0]), [y]), /does not depend on y/);
  });
});
