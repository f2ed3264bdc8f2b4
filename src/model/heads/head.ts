/** A linear classifier: logits = weight x + bias. */
export interface Head {
  readonly classes: number;
  readonly features: number;
  /** (classes, features) */
  readonly weight: Float32Array;
  /** (classes) */
  readonly bias: Float32Array;
}

/** Logits of one feature vector, summed in the features' order in double precision: one result, whatever else is scored. */
export function headLogits({ classes, features, weight, bias }: Head, x: ArrayLike<number>): Float64Array {
  const logits = new Float64Array(classes);
  for (let c = 0; c < classes; c++) {
    let sum = 0;
    const row = c * features;
    for (let j = 0; j < features; j++) sum += weight[row + j]! * x[j]!; // within bounds
    logits[c] = sum + bias[c]!;
  }
  return logits;
}

/** Probabilities of logits, which may be divided by a temperature. */
export function softmax(logits: Float64Array, temperature = 1): Float64Array {
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = logits.map((logit) => Math.exp((logit - most) / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
