import type { Attribute, ConstantArray, Dim, ElementType, GraphBuilder, Value, ValueType } from './graph.ts';

/**
 * ONNX's own operators as typed functions: each adds one node and returns its result with the shape inferred. Only what the
 * encoder needs; opset 20 (`OPSET` in onnx-file.ts). A shape that cannot be right is a bug of the caller and throws at once.
 */
export const int = (value: number): Attribute => ({ kind: 'int', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
const float = (value: number): Attribute => ({ kind: 'float', value });

/** Adds a node with one result. */
export function one(
  g: GraphBuilder,
  op: string,
  inputs: readonly (Value | undefined)[],
  result: ValueType,
  attributes: Readonly<Record<string, Attribute>> = {},
  domain = '',
): Value {
  return g.node(op, inputs, [result], { attributes, domain })[0]!; // one result was asked for
}

/** The shape of `a op b` by ONNX's (NumPy's) rule of broadcasting. A named size meets only itself or 1. */
function broadcast(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    if (x !== y && x !== 1 && y !== 1) throw new Error(`[${a}] and [${b}] do not broadcast`);
    return x === 1 ? y : x;
  });
}

const elementwise =
  (op: string) =>
  (g: GraphBuilder, a: Value, b: Value): Value =>
    one(g, op, [a, b], { type: a.type, shape: broadcast(a.shape, b.shape) });

export const add = elementwise('Add');
export const sub = elementwise('Sub');
export const mul = elementwise('Mul');
export const div = elementwise('Div');
export const minimum = elementwise('Min');

const unary =
  (op: string) =>
  (g: GraphBuilder, x: Value): Value =>
    one(g, op, [x], { type: x.type, shape: x.shape });

export const sqrt = unary('Sqrt');
export const reciprocal = unary('Reciprocal');
export const exp = unary('Exp');
export const erf = unary('Erf');
export const tanh = unary('Tanh');
/** The exact GELU, by the error function. */
export const gelu = unary('Gelu');

export function scalar(g: GraphBuilder, name: string, data: ConstantArray): Value {
  return g.constant(name, [], data);
}

/** (..., m, k) x (..., k, n) -> (..., m, n) */
export function matmul(g: GraphBuilder, a: Value, b: Value): Value {
  const [m, k] = a.shape.slice(-2);
  const [k2, n] = b.shape.slice(-2);
  if (m === undefined || n === undefined || k !== k2) throw new Error(`[${a.shape}] x [${b.shape}]`);
  return one(g, 'MatMul', [a, b], { type: a.type, shape: [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n] });
}

/** a (m, k) or, transposed, (k, m); b (k, n) or (n, k); bias of n -> (m, n) */
export function gemm(
  g: GraphBuilder,
  a: Value,
  b: Value,
  { bias, transA = false, transB = false }: { bias?: Value; transA?: boolean; transB?: boolean } = {},
): Value {
  const [m, k] = transA ? a.shape.toReversed() : a.shape;
  const [k2, n] = transB ? b.shape.toReversed() : b.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || m === undefined || n === undefined || k !== k2)
    throw new Error(`[${a.shape}] x [${b.shape}]`);
  const inputs = bias === undefined ? [a, b] : [a, b, bias];
  const attributes = { transA: int(transA ? 1 : 0), transB: int(transB ? 1 : 0) };
  return one(g, 'Gemm', inputs, { type: a.type, shape: [m, n] }, attributes);
}

/** Rows of a table: (rows, ...rest)[indices] -> (...indices, ...rest) */
export function gather(g: GraphBuilder, table: Value, indices: Value): Value {
  const shape = [...indices.shape, ...table.shape.slice(1)];
  return one(g, 'Gather', [table, indices], { type: table.type, shape }, { axis: int(0) });
}

export function cast(g: GraphBuilder, x: Value, type: ElementType): Value {
  return one(g, 'Cast', [x], { type, shape: x.shape }, { to: int(DATA_TYPES[type]) });
}

/** ONNX's TensorProto.DataType. */
export const DATA_TYPES: Record<ElementType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};

/** Over the last axis. */
export function softmax(g: GraphBuilder, x: Value): Value {
  return one(g, 'Softmax', [x], { type: x.type, shape: x.shape }, { axis: int(-1) });
}

/** The logarithm of softmax over the last axis. */
export function logSoftmax(g: GraphBuilder, x: Value): Value {
  return one(g, 'LogSoftmax', [x], { type: x.type, shape: x.shape }, { axis: int(-1) });
}

/**
 * Over the last axis, with the mean and the inverse deviation, (..., 1) each, as second and third result of its node: the
 * gradient needs them.
 */
export function differentiableLayerNormalization(g: GraphBuilder, x: Value, scale: Value, bias: Value, epsilon: number): Value {
  const statistic: ValueType = { type: 'float32', shape: [...x.shape.slice(0, -1), 1] }; // whatever x is: ONNX's stash_type
  const attributes = { axis: int(-1), epsilon: float(epsilon) };
  return g.node('LayerNormalization', [x, scale, bias], [{ type: x.type, shape: x.shape }, statistic, statistic], {
    attributes,
  })[0]!; // three were asked for
}

/** Over the last axis. */
export function layerNormalization(g: GraphBuilder, x: Value, scale: Value, bias: Value, epsilon: number): Value {
  const attributes = { axis: int(-1), epsilon: float(epsilon) };
  return one(g, 'LayerNormalization', [x, scale, bias], { type: x.type, shape: x.shape }, attributes);
}

/** A sum, mean or such over the last axis, which is kept as an axis of 1. */
export function reduceLast(g: GraphBuilder, op: 'ReduceMean' | 'ReduceSumSquare' | 'ReduceSum' | 'ReduceMax', x: Value): Value {
  const axes = g.constant('axes', [1], BigInt64Array.of(-1n));
  return one(g, op, [x, axes], { type: x.type, shape: [...x.shape.slice(0, -1), 1] }, { keepdims: int(1) });
}

/** The sum over some axes, which disappear unless they are kept as axes of 1. */
export function reduceSum(g: GraphBuilder, x: Value, axes: readonly number[], keep = false): Value {
  const shape = x.shape.flatMap((size, axis) => (!axes.includes(axis) ? [size] : keep ? [1] : []));
  const over = g.constant('axes', [axes.length], BigInt64Array.from(axes, BigInt));
  return one(g, 'ReduceSum', [x, over], { type: x.type, shape }, { keepdims: int(keep ? 1 : 0) });
}

/** (n) -> (n, depth): 1 where the index is the column, else 0. */
export function oneHot(g: GraphBuilder, indices: Value, depth: number): Value {
  const size = g.constant('depth', [1], BigInt64Array.of(BigInt(depth)));
  const values = g.constant('off_on', [2], Float32Array.of(0, 1));
  return one(g, 'OneHot', [indices, size, values], { type: 'float32', shape: [...indices.shape, depth] });
}

/** Floats to unsigned bytes: round(x / scale) + zeroPoint, ties to even, cut to 0...255. */
export function quantizeLinear(g: GraphBuilder, x: Value, scale: Value, zeroPoint: number): Value {
  const zero = scalar(g, 'zero', Uint8Array.of(zeroPoint));
  return one(g, 'QuantizeLinear', [x, scale, zero], { type: 'uint8', shape: x.shape });
}

export function equal(g: GraphBuilder, a: Value, b: Value): Value {
  return one(g, 'Equal', [a, b], { type: 'bool', shape: broadcast(a.shape, b.shape) });
}

export function not(g: GraphBuilder, x: Value): Value {
  return one(g, 'Not', [x], { type: 'bool', shape: x.shape });
}

/** Running sum along an axis, the element itself included. */
export function cumulativeSum(g: GraphBuilder, x: Value, axis: number): Value {
  return one(g, 'CumSum', [x, scalar(g, 'axis', BigInt64Array.of(BigInt(axis)))], { type: x.type, shape: x.shape });
}

/** `yes` where the condition holds, else `no`. */
export function where(g: GraphBuilder, condition: Value, yes: Value, no: Value): Value {
  return one(g, 'Where', [condition, yes, no], {
    type: yes.type,
    shape: broadcast(condition.shape, broadcast(yes.shape, no.shape)),
  });
}

/**
 * Sets a share `ratio` (a scalar, below 1) of the elements to 0 and scales the others so that the mean stays. Another draw at
 * every run of a session, the same draws for the same seed in every session.
 */
export function dropout(g: GraphBuilder, x: Value, ratio: Value, seed: number): Value {
  const training = cast(g, scalar(g, 'training', Int32Array.of(1)), 'bool');
  const results: ValueType[] = [
    { type: x.type, shape: x.shape },
    { type: 'bool', shape: x.shape },
  ];
  return g.node('Dropout', [x, ratio, training], results, { attributes: { seed: int(seed) } })[0]!; // two were asked for
}

/** A number in the type of another value. */
export function like(g: GraphBuilder, x: Value, number: number): Value {
  return scalar(g, 'number', x.type === 'float64' ? Float64Array.of(number) : Float32Array.of(number));
}
