import { BarographError } from '../../domain/errors.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import { add, cast, div, gemm, like, logSoftmax, matmul, mul, reduceLast, reduceSum } from '../graph/ops.ts';
import { concat, reshape, reshapeTo, shapeOf, unsqueeze } from '../graph/shape-ops.ts';
import { padBatch } from '../serving/batches.ts';
import type { EncodedBatch } from '../serving/port.ts';
import type { Example } from './examples.ts';
import type { TrainedHead } from './heads.ts';
import type { BatchInput, EncodedTexts, Objective } from './objective.ts';

export interface HeadObjectiveSettings {
  readonly heads: readonly TrainedHead[];
  /** Share of a row's weight that is spread over all classes. */
  readonly smoothing: number;
  /** Weight of each class, by head; 1 by default. */
  readonly classWeights: Readonly<Record<string, readonly number[]>>;
}

export const logitsOutput = (head: string): string => `logits/${head}`;
const targetsInput = (head: string): string => `targets/${head}`;

/**
 * Classes of texts: linear heads on the mean of the tokens that they read. Evaluated it gives `logits/<head>` (batch, classes). The
 * loss is the sum over the heads of the mean cross-entropy over a step's rows that have a label for it.
 */
export function headObjective(settings: HeadObjectiveSettings): Objective {
  const { heads } = settings;
  return {
    settings,
    evaluate: (g, texts) => putOutLogits(g, texts, heads),
    loss(g, texts) {
      const text = textVector(g, texts);
      const losses = heads.map(({ name, classes }) =>
        crossEntropy(g, onTextVector(g, texts, text, name), g.input(targetsInput(name), 'float32', ['batch', classes])),
      );
      return losses.reduce((sum, each) => add(g, sum, each));
    },
    batches(examples, { padId }) {
      const weights = new Map(heads.map((head) => [head.name, weightOf(settings, head, examples.flat())]));
      return examples.map((rows) => {
        const batch = padBatch(rows, padId);
        const inputs = textVectorInputs(batch);
        for (const head of heads) {
          const data = targetsOf(settings, head, rows, weights.get(head.name) ?? 1);
          inputs.set(targetsInput(head.name), { data, shape: [rows.length, head.classes] });
        }
        return { batch, inputs };
      });
    },
  };
}

/** Adds `logits/<head>` (batch, classes) of some heads as outputs. */
export function putOutLogits(g: GraphBuilder, texts: EncodedTexts, heads: readonly TrainedHead[]): void {
  const text = textVector(g, texts);
  for (const { name } of heads) g.output(onTextVector(g, texts, text, name), logitsOutput(name));
}

/** What `textVector` declares, for a batch. */
export function textVectorInputs({ pooled, batch, tokens }: EncodedBatch): Map<string, BatchInput> {
  return new Map([['pooled_tokens', { data: pooled, shape: [batch, tokens] }]]);
}

/** What heads read of a text, after dropout: (batch, hidden). Declares the input `pooled_tokens` (batch, tokens). */
export function textVector(g: GraphBuilder, texts: EncodedTexts): Value {
  const pooled = g.input('pooled_tokens', 'int64', texts.inputs.mask.shape);
  return texts.drop(meanPool(g, texts.last, pooled, texts.config.hidden), 'classifier');
}

/** A linear head: (batch, hidden) -> (batch, classes) */
export function onTextVector(g: GraphBuilder, texts: EncodedTexts, vector: Value, head: string): Value {
  const bias = texts.parameter(`heads.${head}.bias`);
  return gemm(g, vector, texts.parameter(`heads.${head}.weight`), { bias, transB: true });
}

/** The mean over the tokens that heads read: states (rows, hidden), pooled (batch, tokens) -> (batch, hidden) */
function meanPool(g: GraphBuilder, states: Value, pooled: Value, hidden: number): Value {
  const own = cast(g, pooled, 'float32');
  const weights = unsqueeze(g, div(g, own, reduceLast(g, 'ReduceSum', own)), [1]); // (batch, 1, tokens)
  const width = g.constant('width', [1], BigInt64Array.of(BigInt(hidden)));
  const texts = reshapeTo(g, states, concat(g, [shapeOf(g, pooled), width]), ['batch', 'tokens', hidden]);
  return reshape(g, matmul(g, weights, texts), [-1, hidden], 'batch');
}

/** − Σ targets ⊙ log softmax(logits), a value without axes; logits and targets (batch, classes) */
export function crossEntropy(g: GraphBuilder, logits: Value, targets: Value): Value {
  return mul(g, reduceSum(g, mul(g, targets, logSoftmax(g, logits)), [0, 1]), like(g, logits, -1));
}

/** What a step's rows weigh for a head. */
function weightOf({ classWeights }: HeadObjectiveSettings, { name }: TrainedHead, rows: readonly Example[]): number {
  const weight = rows.reduce((sum, { labels }) => {
    const label = labels[name];
    return sum + (label === undefined ? 0 : (classWeights[name]?.[label] ?? 1));
  }, 0);
  return Math.max(weight, Number.MIN_VALUE);
}

/**
 * Targets (batch, classes), divided by what the step weighs, so that the loss is the weighted mean over its rows. Label smoothing
 * and class weights as PyTorch's `cross_entropy` has them: of row i with label y and class c,
 * ((1 − s) [c = y] w_y + s w_c / classes) / weight. A row without a label is 0. Throws E_INPUT_INVALID on a label outside.
 */
function targetsOf(
  { smoothing, classWeights }: HeadObjectiveSettings,
  { name, classes }: TrainedHead,
  rows: readonly Example[],
  weight: number,
): Float32Array {
  const weights = classWeights[name];
  const targets = new Float32Array(rows.length * classes);
  for (const [row, { labels }] of rows.entries()) {
    const label = labels[name];
    if (label === undefined) continue;
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new BarographError('E_INPUT_INVALID', `The label ${label} is none of the ${classes} classes of ${name}.`);
    const own = weights?.[label] ?? 1;
    for (let c = 0; c < classes; c += 1) {
      const smooth = (smoothing / classes) * (weights?.[c] ?? 1);
      targets[row * classes + c] = ((c === label ? (1 - smoothing) * own : 0) + smooth) / weight;
    }
  }
  return targets;
}
