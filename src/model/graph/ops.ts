import type { Attribute, ConstantArray, Dim, ElementType, GraphBuilder, Value, ValueType } from './graph.ts';

/**
 * ONNX's own operators as typed functions: each adds one node and returns its result with the shape inferred. Only what the
 * encoder needs; opset 20 (`OPSET` in onnx-file.ts). A shape that cannot be right is a bug of the caller and throws at once.
 */
export const int = (value: number): Attribute => ({ kind: 'int', value });
const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
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

const unary =
  (op: string) =>
  (g: GraphBuilder, x: Value): Value =>
    one(g, op, [x], { type: x.type, shape: x.shape });

export const sqrt = unary('Sqrt');
export const reciprocal = unary('Reciprocal');
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

/** Rows of a table: (rows, ...rest)[indices] -> (...indices, ...rest) */
export function gather(g: GraphBuilder, table: Value, indices: Value): Value {
  const shape = [...indices.shape, ...table.shape.slice(1)];
  return one(g, 'Gather', [table, indices], { type: table.type, shape }, { axis: int(0) });
}

export function cast(g: GraphBuilder, x: Value, type: ElementType): Value {
  return one(g, 'Cast', [x], { type, shape: x.shape }, { to: int(DATA_TYPES[type]) });
}

/** ONNX's TensorProto.DataType. */
export const DATA_TYPES: Record<ElementType, number> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 };

/** A new shape in ONNX's notation: 0 keeps the size of that axis; at most one -1 takes the rest, and `rest` says what that is. */
export function reshape(g: GraphBuilder, x: Value, sizes: readonly number[], rest?: Dim): Value {
  const shape = sizes.map((n, axis) => (n === 0 ? x.shape[axis] : n === -1 ? rest : n));
  if (shape.some((n) => n === undefined)) throw new Error(`[${x.shape}] cannot become [${sizes}]`);
  const target = g.constant('shape', [sizes.length], BigInt64Array.from(sizes, BigInt));
  return one(g, 'Reshape', [x, target], { type: x.type, shape: shape.map((n) => n ?? 1) });
}

export function transpose(g: GraphBuilder, x: Value, order: readonly number[]): Value {
  const shape = order.map((axis) => x.shape[axis] ?? 1);
  return one(g, 'Transpose', [x], { type: x.type, shape }, { perm: ints(order) });
}

export function unsqueeze(g: GraphBuilder, x: Value, axes: readonly number[]): Value {
  const shape = [...x.shape];
  for (const axis of axes) shape.splice(axis, 0, 1);
  return one(g, 'Unsqueeze', [x, g.constant('axes', [axes.length], BigInt64Array.from(axes, BigInt))], { type: x.type, shape });
}

/** Over the last axis. */
export function softmax(g: GraphBuilder, x: Value): Value {
  return one(g, 'Softmax', [x], { type: x.type, shape: x.shape }, { axis: int(-1) });
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

/** One position of an axis, which disappears: (batch, tokens, hidden) at axis 1 -> (batch, hidden) */
export function pick(g: GraphBuilder, x: Value, axis: number, index: number): Value {
  const shape = x.shape.filter((_, i) => i !== axis);
  return one(g, 'Gather', [x, scalar(g, 'index', BigInt64Array.of(BigInt(index)))], { type: x.type, shape }, { axis: int(axis) });
}
