import type { Attribute, Dim, GraphBuilder, Value } from './graph.ts';
import { int, ints, like, one, scalar } from './ops.ts';

const text = (value: string): Attribute => ({ kind: 'string', value });

/* ONNX's own operators that only move or choose elements; see ops.ts. */

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

/** One position of an axis, which disappears: (batch, tokens, hidden) at axis 1 -> (batch, hidden) */
export function pick(g: GraphBuilder, x: Value, axis: number, index: number): Value {
  const shape = x.shape.filter((_, i) => i !== axis);
  return one(g, 'Gather', [x, scalar(g, 'index', BigInt64Array.of(BigInt(index)))], { type: x.type, shape }, { axis: int(axis) });
}

/** The shape of a value when the model runs, (rank) int64. */
export function shapeOf(g: GraphBuilder, x: Value): Value {
  return one(g, 'Shape', [x], { type: 'int64', shape: [x.shape.length] });
}

/** One after the other along axis 0. */
export function concat(g: GraphBuilder, parts: readonly Value[]): Value {
  const [first] = parts;
  if (first === undefined) throw new Error('nothing to concatenate');
  const size = parts.reduce((sum, { shape }) => sum + Number(shape[0]), 0);
  return one(g, 'Concat', parts, { type: first.type, shape: [size, ...first.shape.slice(1)] }, { axis: int(0) });
}

/** x in a shape that is known only when the model runs: `target` (rank) int64 holds it, `shape` says what is known of it. */
export function reshapeTo(g: GraphBuilder, x: Value, target: Value, shape: readonly Dim[]): Value {
  return one(g, 'Reshape', [x, target], { type: x.type, shape });
}

/** x in the shape of another value, which holds as many elements. */
export function reshapeLike(g: GraphBuilder, x: Value, other: Value): Value {
  return one(g, 'Reshape', [x, shapeOf(g, other)], { type: x.type, shape: other.shape });
}

/** x repeated along its axes of 1 and new leading axes, to the shape of another value. */
export function expandLike(g: GraphBuilder, x: Value, other: Value): Value {
  return one(g, 'Expand', [x, shapeOf(g, other)], { type: x.type, shape: other.shape });
}

/** The transpose of the last two axes. */
export function transposeLast(g: GraphBuilder, x: Value): Value {
  const rank = x.shape.length;
  return transpose(g, x, [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2]);
}

/**
 * A table (rows, width) like `table` that holds the sum of the updates that name each row, and 0 elsewhere: indices (...), updates
 * (..., width). Element by element, in order: ONNX Runtime's ScatterND adds rows on all threads at once and loses some where two name
 * the same row.
 */
export function scatterRows(g: GraphBuilder, table: Value, indices: Value, updates: Value): Value {
  const width = Number(table.shape.at(-1));
  const zeros = expandLike(g, like(g, table, 0), table);
  const flat = reshape(g, updates, [-1, width], 'updates');
  const places = expandLike(g, reshape(g, indices, [-1, 1], 'updates'), flat);
  const type = { type: table.type, shape: table.shape };
  return one(g, 'ScatterElements', [zeros, places, flat], type, { axis: int(0), reduction: text('add') });
}
