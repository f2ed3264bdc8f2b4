import { type LbfgsOptions, minimize } from './lbfgs.ts';

/** A linear classifier: logits = weight x + bias. */
export interface Head {
  readonly classes: number;
  readonly features: number;
  /** (classes, features) */
  readonly weight: Float32Array;
  /** (classes) */
  readonly bias: Float32Array;
}

/** Labelled feature vectors. */
export interface Examples {
  readonly count: number;
  readonly features: number;
  /** (count, features) */
  readonly x: Float32Array;
  /** (count), class indices. */
  readonly y: readonly number[];
}

/** The two matrix products of a training step, which is where its time goes. */
export interface Products {
  /** x w': w (classes, features) -> (count, classes) */
  logits(weight: Float32Array): Promise<Float32Array>;
  /** g' x: g (count, classes) -> (classes, features) */
  gradient(residuals: Float32Array): Promise<Float32Array>;
}

/** The products in plain loops: what a faster version is compared with. */
export function plainProducts({ count, features, x }: Examples, classes: number): Products {
  return {
    logits: async (weight) => {
      const out = new Float32Array(count * classes);
      for (let n = 0; n < count; n++) {
        for (let c = 0; c < classes; c++) {
          let sum = 0;
          for (let j = 0; j < features; j++) sum += x[n * features + j]! * weight[c * features + j]!; // within bounds
          out[n * classes + c] = sum;
        }
      }
      return out;
    },
    gradient: async (residuals) => {
      const out = new Float64Array(classes * features);
      for (let n = 0; n < count; n++) {
        for (let c = 0; c < classes; c++) {
          const residual = residuals[n * classes + c]!; // within bounds, as below
          for (let j = 0; j < features; j++) out[c * features + j]! += residual * x[n * features + j]!;
        }
      }
      return Float32Array.from(out);
    },
  };
}

/**
 * The objective that is minimised: mean cross-entropy + l2 / 2 * |weight|^2, over p = [weight (classes, features), bias
 * (classes)]. The bias is not shrunk, so that the classes' frequencies are kept.
 */
export function crossEntropy(examples: Examples, classes: number, l2: number, products: Products) {
  const { count, features, y } = examples;
  const size = classes * features;
  return async (p: Float64Array, gradient: Float64Array): Promise<number> => {
    const logits = await products.logits(Float32Array.from(p.subarray(0, size)));
    const residuals = new Float32Array(count * classes);
    gradient.fill(0);
    let loss = 0;
    for (let n = 0; n < count; n++) {
      const row = Float64Array.from({ length: classes }, (_, c) => logits[n * classes + c]! + p[size + c]!); // within bounds
      const probabilities = softmax(row);
      const label = y[n]!; // n < count
      loss -= Math.log(Math.max(probabilities[label]!, 1e-300)) / count;
      for (let c = 0; c < classes; c++) {
        const residual = (probabilities[c]! - (c === label ? 1 : 0)) / count;
        residuals[n * classes + c] = residual;
        gradient[size + c]! += residual;
      }
    }
    const byWeight = await products.gradient(residuals);
    for (let i = 0; i < size; i++) {
      gradient[i] = byWeight[i]! + l2 * p[i]!;
      loss += (l2 / 2) * p[i]! ** 2;
    }
    return loss;
  };
}

/** Trains a head, from `start` when given (a solution for a neighbouring l2 saves most of the iterations). */
export async function trainHead(
  examples: Examples,
  classes: number,
  l2: number,
  products: Products,
  options: LbfgsOptions & { readonly start?: Head },
): Promise<{ readonly head: Head; readonly iterations: number; readonly converged: boolean }> {
  const { features } = examples;
  const p = new Float64Array(classes * (features + 1));
  if (options.start !== undefined) {
    p.set(options.start.weight);
    p.set(options.start.bias, classes * features);
  }
  const { iterations, converged } = await minimize(crossEntropy(examples, classes, l2, products), p, options);
  const weight = Float32Array.from(p.subarray(0, classes * features));
  return { head: { classes, features, weight, bias: Float32Array.from(p.subarray(classes * features)) }, iterations, converged };
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
