import { z } from 'zod';

/** One part of a text's feature vector: a hidden state (by its index among the model's outputs), and how its tokens become one. */
export const poolingPartSchema = z.strictObject({
  layer: z.number().int().nonnegative(),
  kind: z.enum(['mean', 'max', 'first']),
});
export type PoolingPart = z.infer<typeof poolingPartSchema>;

/** Where a text lies in a state (batch, tokens, hidden): its row, and which of the row's tokens are pooled. */
export interface Place {
  readonly row: number;
  readonly first: number;
  /** Tokens from `first` on. */
  readonly length: number;
  /** Of the whole row. */
  readonly tokens: number;
}

/**
 * The feature vector of one text, parts * hidden long. Done here and not in the graph: matrix products and reductions over a
 * batch moved the 7th digit with the batch's shape, while one text after the other, token by token, in double precision, has one
 * result. `states` has one (batch, tokens, hidden) array for each entry of `layers`.
 */
export function pool(
  parts: readonly PoolingPart[],
  layers: readonly number[],
  states: readonly Float32Array[],
  place: Place,
  hidden: number,
): Float64Array {
  const features = new Float64Array(parts.length * hidden);
  for (const [index, { layer, kind }] of parts.entries()) {
    const state = states[layers.indexOf(layer)];
    if (state === undefined) throw new Error(`the model gives no state of layer ${layer}`);
    const begin = (place.row * place.tokens + place.first) * hidden;
    const length = kind === 'first' ? 1 : place.length;
    const rows = state.subarray(begin, begin + length * hidden); // (length, hidden)
    const into = features.subarray(index * hidden, (index + 1) * hidden);
    if (kind === 'max') maxInto(into, rows);
    else meanInto(into, rows);
  }
  return features;
}

function meanInto(into: Float64Array, rows: Float32Array): void {
  const hidden = into.length;
  for (let at = 0; at < rows.length; at += hidden) for (let j = 0; j < hidden; j++) into[j]! += rows[at + j]!; // within bounds
  const length = rows.length / hidden;
  for (let j = 0; j < hidden; j++) into[j]! /= length;
}

function maxInto(into: Float64Array, rows: Float32Array): void {
  const hidden = into.length;
  into.fill(Number.NEGATIVE_INFINITY);
  for (let at = 0; at < rows.length; at += hidden) {
    for (let j = 0; j < hidden; j++) into[j] = Math.max(into[j]!, rows[at + j]!); // within bounds
  }
}
