import type { Examples, Head } from './softmax-regression.ts';

/** Mean and deviation of every feature over the training examples. */
export interface Standardization {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Below this share of its mean a feature's deviation is rounding error. */
const CONSTANT = 1e-6;

/** Measures the features. A constant feature gets the deviation 1. */
export function measure({ count, features, x }: Examples): Standardization {
  const mean = new Float64Array(features);
  const square = new Float64Array(features);
  for (let n = 0; n < count; n++) {
    for (let j = 0; j < features; j++) mean[j]! += x[n * features + j]! / count; // within bounds, as below
  }
  for (let n = 0; n < count; n++) {
    for (let j = 0; j < features; j++) square[j]! += (x[n * features + j]! - mean[j]!) ** 2 / count;
  }
  const deviation = square.map((s, j) => (Math.sqrt(s) > CONSTANT * Math.abs(mean[j]!) ? Math.sqrt(s) : 1));
  return { mean, deviation };
}

/** The examples with every feature at mean 0 and deviation 1, as `standardization` has them. */
export function standardize(examples: Examples, { mean, deviation }: Standardization): Examples {
  const { features } = examples;
  return { ...examples, x: examples.x.map((value, i) => (value - mean[i % features]!) / deviation[i % features]!) };
}

/** The head over bare features that equals `head` over standardized ones, so that serving needs no extra step. */
export function foldIn(head: Head, { mean, deviation }: Standardization): Head {
  const { classes, features } = head;
  const weight = head.weight.map((w, i) => w / deviation[i % features]!); // within bounds, as below
  const bias = Float64Array.from(head.bias);
  for (let c = 0; c < classes; c++) {
    for (let j = 0; j < features; j++) bias[c]! -= weight[c * features + j]! * mean[j]!;
  }
  return { classes, features, weight, bias: Float32Array.from(bias) };
}
