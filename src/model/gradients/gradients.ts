import type { GraphBuilder, Node, Value } from '../graph/graph.ts';
import { add, cast, div, erf, exp, gemm, like, matmul, mul, reduceLast, sub, where } from '../graph/ops.ts';
import { expandLike, reshape, reshapeLike, scatterRows, transpose, transposeLast } from '../graph/shape-ops.ts';
import { sumTo } from './sum-to.ts';

/**
 * The gradients of a node's inputs, given that of its first result. `needs` says which are wanted; others may be left out.
 * Every gradient has the shape of its input.
 */
export type Gradient = (
  g: GraphBuilder,
  node: Node,
  upstream: Value,
  needs: readonly boolean[],
) => readonly (Value | undefined)[];

/** An input that the operator cannot be without. */
function operand(node: Node, index: number): Value {
  const value = node.inputs[index];
  if (value === undefined) throw new Error(`${node.op} has no input ${index}`);
  return value;
}

function result(node: Node, index = 0): Value {
  const value = node.outputs[index];
  if (value === undefined) throw new Error(`${node.op} has no result ${index}; see ops.ts for a variant that has`);
  return value;
}

/** Of an operator that works on each element of one input. */
const unary =
  (gradient: (g: GraphBuilder, dy: Value, x: Value, y: Value) => Value): Gradient =>
  (g, node, dy) => [gradient(g, dy, operand(node, 0), result(node))];

/** Of an operator that works on pairs of elements, broadcast to each other. */
const binary =
  (
    left: (g: GraphBuilder, dy: Value, a: Value, b: Value) => Value,
    right: (g: GraphBuilder, dy: Value, a: Value, b: Value) => Value,
  ): Gradient =>
  (g, node, dy, [needsA, needsB]) => {
    const [a, b] = [operand(node, 0), operand(node, 1)];
    return [
      needsA === true ? sumTo(g, left(g, dy, a, b), a.shape) : undefined,
      needsB === true ? sumTo(g, right(g, dy, a, b), b.shape) : undefined,
    ];
  };

const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/** gelu(x) = x Φ(x), so its derivative is Φ(x) + x φ(x), with the normal distribution Φ and its density φ. */
function gelu(g: GraphBuilder, dy: Value, x: Value): Value {
  const number = (n: number): Value => like(g, x, n);
  const phi = mul(g, exp(g, mul(g, mul(g, x, x), number(-0.5))), number(INVERSE_SQRT_2PI));
  const distribution = add(g, mul(g, erf(g, mul(g, x, number(Math.SQRT1_2))), number(0.5)), number(0.5));
  return mul(g, dy, add(g, distribution, mul(g, x, phi)));
}

/** y = softmax(x) over the last axis: dx = y (dy − Σ dy y) */
function softmax(g: GraphBuilder, dy: Value, _: Value, y: Value): Value {
  const weighted = mul(g, dy, y);
  return sub(g, weighted, mul(g, y, reduceLast(g, 'ReduceSum', weighted)));
}

/** y = log softmax(x) over the last axis: dx = dy − exp(y) Σ dy */
function logSoftmax(g: GraphBuilder, dy: Value, _: Value, y: Value): Value {
  return sub(g, dy, mul(g, exp(g, y), reduceLast(g, 'ReduceSum', dy)));
}

/** (..., m, k) x (..., k, n); a matrix on the right of more than one row block is one product over all rows. */
const matmulGradient: Gradient = (g, node, dy, [needsA, needsB]) => {
  const [a, b] = [operand(node, 0), operand(node, 1)];
  const da = needsA === true ? sumTo(g, matmul(g, dy, transposeLast(g, b)), a.shape) : undefined;
  if (needsB !== true) return [da, undefined];
  if (b.shape.length > 2) return [da, sumTo(g, matmul(g, transposeLast(g, a), dy), b.shape)];
  const rows = (x: Value): Value => reshape(g, x, [-1, Number(x.shape.at(-1))], 'rows');
  return [da, gemm(g, rows(a), rows(dy), { transA: true })];
};

const gemmGradient: Gradient = (g, node, dy, [needsA, needsB, needsBias]) => {
  const [a, b] = [operand(node, 0), operand(node, 1)];
  const flag = (name: string): boolean => node.attributes[name]?.kind === 'int' && node.attributes[name].value === 1;
  const [transA, transB] = [flag('transA'), flag('transB')];
  const da = transA ? gemm(g, b, dy, { transA: transB, transB: true }) : gemm(g, dy, b, { transB: !transB });
  const db = transB ? gemm(g, dy, a, { transA: true, transB: transA }) : gemm(g, a, dy, { transA: !transA });
  const bias = node.inputs[2];
  return [
    needsA === true ? da : undefined,
    needsB === true ? db : undefined,
    needsBias === true && bias !== undefined ? sumTo(g, dy, bias.shape) : undefined,
  ];
};

/**
 * With x̂ = (x − mean) r, r the inverse deviation, and dx̂ = dy scale: dx = r (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)); the scale's
 * gradient is Σ dy x̂ and the bias's Σ dy, over all rows.
 */
const layerNormalizationGradient: Gradient = (g, node, dy, [needsX, needsScale, needsBias]) => {
  const [x, scale, bias] = [operand(node, 0), operand(node, 1), operand(node, 2)];
  const [mean, inverse] = [result(node, 1), result(node, 2)];
  const normal = mul(g, sub(g, x, mean), inverse);
  const average = (v: Value): Value => div(g, reduceLast(g, 'ReduceSum', v), like(g, x, Number(x.shape.at(-1))));
  const ofX = (): Value => {
    const dNormal = mul(g, dy, scale);
    const part = add(g, average(dNormal), mul(g, normal, average(mul(g, dNormal, normal))));
    return mul(g, inverse, sub(g, dNormal, part));
  };
  return [
    needsX === true ? ofX() : undefined,
    needsScale === true ? sumTo(g, mul(g, dy, normal), scale.shape) : undefined,
    needsBias === true ? sumTo(g, dy, bias.shape) : undefined,
  ];
};

const gatherGradient: Gradient = (g, node, dy) => {
  const [table, indices] = [operand(node, 0), operand(node, 1)];
  const axis = node.attributes.axis;
  if (axis?.kind !== 'int' || axis.value !== 0) throw new Error('Gather has a gradient along axis 0 only');
  return [scatterRows(g, table, indices, dy), undefined];
};

const transposeGradient: Gradient = (g, node, dy) => {
  const { perm } = node.attributes;
  if (perm?.kind !== 'ints') throw new Error('Transpose has no perm');
  return [
    transpose(
      g,
      dy,
      perm.value.map((_, axis) => perm.value.indexOf(axis)),
    ),
  ];
};

/** Kept elements were multiplied by 1 / (1 − ratio); the mask is the second result, the ratio the second input. */
const dropoutGradient: Gradient = (g, node, dy) => {
  const kept = div(g, dy, sub(g, like(g, dy, 1), operand(node, 1)));
  return [where(g, result(node, 1), kept, like(g, dy, 0))];
};

const reshapes: Gradient = (g, node, dy) => [reshapeLike(g, dy, operand(node, 0))];

/** The gradient of every operator that a training graph may use, by its name in ONNX. */
export const GRADIENTS: Readonly<Record<string, Gradient>> = {
  Identity: unary((_, dy) => dy),
  Add: binary(
    (_, dy) => dy,
    (_, dy) => dy,
  ),
  Sub: binary(
    (_, dy) => dy,
    (g, dy) => mul(g, dy, like(g, dy, -1)),
  ),
  Mul: binary(
    (g, dy, _, b) => mul(g, dy, b),
    (g, dy, a) => mul(g, dy, a),
  ),
  Div: binary(
    (g, dy, _, b) => div(g, dy, b),
    (g, dy, a, b) => mul(g, dy, div(g, mul(g, a, like(g, a, -1)), mul(g, b, b))),
  ),
  Exp: unary((g, dy, _, y) => mul(g, dy, y)),
  Sqrt: unary((g, dy, _, y) => div(g, dy, mul(g, y, like(g, y, 2)))),
  Reciprocal: unary((g, dy, _, y) => mul(g, dy, mul(g, mul(g, y, y), like(g, y, -1)))),
  Tanh: unary((g, dy, _, y) => mul(g, dy, sub(g, like(g, y, 1), mul(g, y, y)))),
  Gelu: unary(gelu),
  Softmax: unary(softmax),
  LogSoftmax: unary(logSoftmax),
  LayerNormalization: layerNormalizationGradient,
  MatMul: matmulGradient,
  Gemm: gemmGradient,
  Gather: gatherGradient,
  Transpose: transposeGradient,
  Reshape: reshapes,
  Unsqueeze: reshapes,
  Dropout: dropoutGradient,
  Cast: (g, node, dy) => [cast(g, dy, operand(node, 0).type)],
  ReduceSum: reduction((_, dy) => dy),
  ReduceMean: reduction((g, dy, x) => div(g, dy, like(g, x, Number(x.shape.at(-1))))),
  ReduceSumSquare: reduction((g, dy, x) => mul(g, dy, mul(g, x, like(g, x, 2)))),
};

/** Of an operator that sums over axes: what comes back is the same for every element of a sum, but for what `scale` makes of it. */
function reduction(scale: (g: GraphBuilder, dy: Value, x: Value) => Value): Gradient {
  return (g, node, dy) => {
    const x = operand(node, 0);
    const keeps = node.attributes.keepdims?.kind === 'int' && node.attributes.keepdims.value === 1;
    if (!keeps && dy.shape.length > 0) throw new Error(`${node.op} has a gradient where it keeps its axes or sums over all`);
    return [scale(g, expandLike(g, dy, x), x)];
  };
}
