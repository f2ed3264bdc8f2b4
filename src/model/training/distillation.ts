import { encoderParameters } from '../checkpoint/parameters.ts';
import { softmax } from '../heads/head.ts';
import type { TextEncoder } from '../serving/text-encoder.ts';
import type { Logits } from './evaluation.ts';
import { initialHeads, type Start } from './fine-tuning.ts';
import { headParameters, servedHeads, type TrainedModel, trainedModel } from './heads.ts';
import { initialWeights } from './initial-weights.ts';
import { type TaughtExample, teacherObjective, VECTOR_HEAD } from './teacher-objective.ts';
import type { TaughtInput } from './teachers.ts';
import type { TrainingSpec } from './training-graph.ts';
import { type UnlabelledPlace, type UnlabelledRun, type UnlabelledSettings, unlabelledRun } from './unlabelled-run.ts';

export interface DistillationSettings extends UnlabelledSettings {
  /** The same that the teachers were asked with. */
  readonly temperature: number;
  /** What the distance of text vectors weighs; 0 leaves them out. */
  readonly vectorWeight: number;
}

/** Texts with what teachers say of them, to learn from and to measure on. */
export interface Teaching {
  readonly training: readonly TaughtInput[];
  readonly heldOut: readonly TaughtInput[];
  /** How many topics the teachers tell apart. */
  readonly topics: number;
}

/**
 * Teaches a student what teachers say of texts without labels, and gives the model whose probabilities are closest to theirs on the
 * held-out texts; its loss is the divergence in nats. Rejects as `train` does.
 */
export async function distill(
  start: Start,
  { training, heldOut, topics }: Teaching,
  encode: TextEncoder,
  settings: DistillationSettings,
  place: UnlabelledPlace,
): Promise<TrainedModel & Omit<UnlabelledRun, 'parameters'>> {
  const { config } = start;
  const { temperature, vectorWeight, dropout } = settings;
  const heads = servedHeads(topics);
  const vector = { size: training[0]?.lesson.vector.length ?? 0, weight: vectorWeight };
  const own = headParameters(config, vectorWeight === 0 ? heads : [...heads, { name: VECTOR_HEAD, classes: vector.size }]);
  const spec: TrainingSpec = {
    ...{ config, parameters: [...encoderParameters(config), ...own], optimiser: settings.optimiser, maxNorm: 1 },
    objective: teacherObjective({ heads, temperature, vector }),
    dropout: { hidden: dropout, attention: dropout, classifier: dropout },
    ...{ seed: settings.seed, sparseWords: true, isTrained: () => true, rateScale: () => 1 },
  };
  const examples = (of: readonly TaughtInput[]): TaughtExample[] =>
    of.map(({ text, entity, lesson }) => ({ ...encode(text, entity), labels: {}, lesson }));
  const names = heads.map(({ name }) => name);
  const { parameters, ...run } = await unlabelledRun(
    spec,
    { training: examples(training), heldOut: examples(heldOut) },
    settings,
    async (evaluator, held, now) => divergence(await evaluator.logits(held, now, names), held, temperature),
    new Map([...start.parameters, ...initialWeights(own, settings.seed), ...initialHeads(start, heads)]),
    place,
  );
  return { ...trainedModel(parameters), ...run };
}

/** Mean Kullback-Leibler divergence from the teachers' probabilities, in nats, summed over the heads. */
function divergence(logits: Logits, examples: readonly TaughtExample[], temperature: number): number {
  const means = [...logits].map(([head, rows]) => {
    const asked = rows.flatMap((row, i) => {
      const taught = examples[i]?.lesson.probabilities[head];
      return taught === undefined ? [] : [{ taught, own: softmax(Float64Array.from(row), temperature) }];
    });
    const sum = asked.reduce((total, { taught, own }) => total + taught.reduce((d, p, c) => d + apart(p, own[c] ?? 0), 0), 0);
    return sum / Math.max(1, asked.length);
  });
  return means.reduce((sum, mean) => sum + mean, 0);
}

/** p log(p / q), 0 where p is. */
const apart = (p: number, q: number): number => (p === 0 ? 0 : p * Math.log(p / Math.max(q, Number.MIN_VALUE)));
