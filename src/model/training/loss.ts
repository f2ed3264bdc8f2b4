import { BarographError } from '../../domain/errors.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import { like, logSoftmax, mul, reduceSum } from '../graph/ops.ts';

/** What a head is asked to learn of a batch. */
export interface HeadLabels {
  readonly classes: number;
  /** One a row; undefined where the row says nothing of this head. */
  readonly labels: readonly (number | undefined)[];
  /** Weight of each class; 1 by default. */
  readonly classWeights?: readonly number[];
  /** Share of a row's weight that is spread over all classes. */
  readonly smoothing?: number;
}

/** Cross-entropy of a head: − Σ targets ⊙ log softmax(logits), a value without axes; logits and targets (batch, classes) */
export function crossEntropy(g: GraphBuilder, logits: Value, targets: Value): Value {
  return mul(g, reduceSum(g, mul(g, targets, logSoftmax(g, logits)), [0, 1]), like(g, logits, -1));
}

/** The weight of a batch's rows for one head: what `targetsOf` divides by, summed over a step's batches. */
export function weightOf({ labels, classWeights }: HeadLabels): number {
  return labels.reduce((sum: number, label) => sum + (label === undefined ? 0 : (classWeights?.[label] ?? 1)), 0);
}

/**
 * Targets (batch, classes) for `crossEntropy`, divided by `totalWeight`, so that the loss is the weighted mean over all rows
 * of a step. Label smoothing and class weights as PyTorch's `cross_entropy` has them: of row i with label y and class c,
 * ((1 − s) [c = y] w_y + s w_c / classes) / totalWeight. A row without a label is 0. Throws E_INPUT_INVALID on a label outside.
 */
export function targetsOf(head: HeadLabels, totalWeight: number): Float32Array {
  const { classes, labels, classWeights, smoothing = 0 } = head;
  const targets = new Float32Array(labels.length * classes);
  for (const [row, label] of labels.entries()) {
    if (label === undefined) continue;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new BarographError('E_INPUT_INVALID', `The label ${label} is none of the ${classes} classes.`);
    const own = classWeights?.[label] ?? 1;
    for (let c = 0; c < classes; c += 1) {
      const smooth = (smoothing / classes) * (classWeights?.[c] ?? 1);
      targets[row * classes + c] = ((c === label ? (1 - smoothing) * own : 0) + smooth) / totalWeight;
    }
  }
  return targets;
}
