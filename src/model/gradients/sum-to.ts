import type { Dim, GraphBuilder, Value } from '../graph/graph.ts';
import { reduceSum } from '../graph/ops.ts';

/**
 * The gradient of a value that was broadcast: summed over the axes that the value did not have, and over those in which it
 * had 1.
 */
export function sumTo(g: GraphBuilder, gradient: Value, shape: readonly Dim[]): Value {
  const added = gradient.shape.length - shape.length;
  const leading = Array.from({ length: added }, (_, axis) => axis);
  const summed = leading.length === 0 ? gradient : reduceSum(g, gradient, leading);
  const ones = shape.flatMap((size, axis) => (size === 1 && summed.shape[axis] !== 1 ? [axis] : []));
  return ones.length === 0 ? summed : reduceSum(g, summed, ones, true);
}
