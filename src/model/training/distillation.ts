import { encoderParameters } from '../checkpoint/parameters.ts';
import { softmax } from '../heads/head.ts';
import type { TextEncoder } from '../serving/text-encoder.ts';
import { SENTIMENTS } from '../training-data/labelled-text.ts';
import type { BatchLimits } from './epoch-batches.ts';
import { Evaluator, type Logits } from './evaluation.ts';
import { initialHeads, type Start, type Tuned } from './fine-tuning.ts';
import { headOf, headParameters } from './heads.ts';
import { initialWeights } from './initial-weights.ts';
import type { OptimiserSettings } from './optimisers.ts';
import { bestOf, type RunListener, recordedRun } from './recorded-run.ts';
import { type TaughtExample, teacherObjective, VECTOR_HEAD } from './teacher-objective.ts';
import type { TaughtInput } from './teachers.ts';
import type { TrainingSpec } from './training-graph.ts';

export interface DistillationSettings {
  readonly seed: number;
  readonly threads: number;
  readonly optimiser: OptimiserSettings;
  /** The highest. */
  readonly rate: number;
  /** Share of the steps in which the rate rises. */
  readonly warmup: number;
  readonly epochs: number;
  readonly batches: BatchLimits;
  readonly accumulation: number;
  readonly dropout: number;
  /** The same that the teachers were asked with. */
  readonly temperature: number;
  /** What the distance of text vectors weighs; 0 leaves them out. */
  readonly vectorWeight: number;
  /** Epochs between two validations. */
  readonly every: number;
}

/**
 * Teaches a student what teachers say of texts without labels, and gives the model whose probabilities are closest to theirs on the
 * held-out texts. A run that was killed goes on from `folder`. Rejects as `train` does.
 */
export async function distill(
  start: Start,
  inputs: { readonly training: readonly TaughtInput[]; readonly heldOut: readonly TaughtInput[] },
  topics: number,
  encode: TextEncoder,
  settings: DistillationSettings,
  folder: string,
  listener: RunListener = {},
  stop?: AbortSignal,
): Promise<Tuned> {
  const { config } = start;
  const { temperature, vectorWeight, dropout } = settings;
  const heads = [
    { name: 'sentiment', classes: SENTIMENTS.length },
    { name: 'topic', classes: topics },
  ];
  const vector = { size: inputs.training[0]?.lesson.vector.length ?? 0, weight: vectorWeight };
  const own = headParameters(config, vectorWeight === 0 ? heads : [...heads, { name: VECTOR_HEAD, classes: vector.size }]);
  const spec: TrainingSpec = {
    ...{ config, parameters: [...encoderParameters(config), ...own], optimiser: settings.optimiser, maxNorm: 1 },
    objective: teacherObjective({ heads, temperature, vector }),
    dropout: { hidden: dropout, attention: dropout, classifier: dropout },
    ...{ seed: settings.seed, sparseWords: true, isTrained: () => true, rateScale: () => 1 },
  };
  const examples = (of: readonly TaughtInput[]): TaughtExample[] =>
    of.map(({ text, entity, lesson }) => ({ ...encode(text, entity), labels: {}, lesson }));
  const heldOut = examples(inputs.heldOut);
  const evaluator = await Evaluator.open(spec, settings.threads);
  try {
    const run = await recordedRun(
      {
        ...{ spec, examples: examples(inputs.training), epochs: settings.epochs, batches: settings.batches },
        ...{ accumulate: settings.accumulation, threads: settings.threads, patience: Number.POSITIVE_INFINITY },
        schedule: { kind: 'linear', rate: settings.rate, warmUp: settings.warmup },
      },
      { folder, every: settings.every, listener },
      async (parameters) => {
        const names = heads.map(({ name }) => name);
        return { value: -divergence(await evaluator.logits(heldOut, parameters, names), heldOut, temperature), tasks: {} };
      },
      new Map([...start.parameters, ...initialWeights(own, settings.seed), ...initialHeads(start, heads)]),
      stop,
    );
    const found = bestOf(folder, spec.parameters);
    const encoder = new Map([...found].filter(([name]) => !name.startsWith('heads.')));
    return { encoder, heads: { sentiment: headOf(found, 'sentiment'), topic: headOf(found, 'topic') }, ...run };
  } finally {
    await evaluator.close();
  }
}

/** Mean Kullback-Leibler divergence from the teachers' probabilities, in nats, summed over the heads, to 4 decimals. */
function divergence(logits: Logits, examples: readonly TaughtExample[], temperature: number): number {
  const means = [...logits].map(([head, rows]) => {
    const asked = rows.flatMap((row, i) => {
      const taught = examples[i]?.lesson.probabilities[head];
      return taught === undefined ? [] : [{ taught, own: softmax(Float64Array.from(row), temperature) }];
    });
    const sum = asked.reduce((total, { taught, own }) => total + taught.reduce((d, p, c) => d + apart(p, own[c] ?? 0), 0), 0);
    return sum / Math.max(1, asked.length);
  });
  return Math.round(means.reduce((sum, mean) => sum + mean, 0) * 1e4) / 1e4;
}

/** p log(p / q), 0 where p is. */
const apart = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log(p / Math.max(q, Number.MIN_VALUE)));
