import { BarographError } from '../../domain/errors.ts';
import type { BundleHeads } from '../bundle/head-tensors.ts';
import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import { encoderParameters, type Parameters } from '../checkpoint/parameters.ts';
import type { TextEncoder } from '../serving/text-encoder.ts';
import type { LabelledText } from '../training-data/labelled-text.ts';
import type { BatchLimits } from './epoch-batches.ts';
import { Evaluator, type Logits } from './evaluation.ts';
import type { Example } from './examples.ts';
import { headObjective } from './head-objective.ts';
import { headParameters, servedHeads, type TrainedHead, type TrainedModel, trainedModel } from './heads.ts';
import { initialWeights } from './initial-weights.ts';
import { loraParameters, mergeLora } from './lora.ts';
import { type Method, rateScaleBy, trainedBy } from './methods.ts';
import type { OptimiserSettings } from './optimisers.ts';
import { bestOf, type RecordedRun, type RunListener, recordedRun } from './recorded-run.ts';
import { meanFigure, taskFigures, type ValidationMetric } from './task-figures.ts';
import type { TrainingSpec } from './training-graph.ts';
import type { DropoutRates } from './training-parts.ts';

export interface FineTuningSettings {
  readonly seed: number;
  /** Part of what decides the result: the last bits of sums depend on it. */
  readonly threads: number;
  readonly method: Method;
  readonly optimiser: OptimiserSettings;
  /** The highest. */
  readonly rate: number;
  readonly schedule: { readonly kind: 'linear' | 'cosine' | 'constant'; readonly warmup: number };
  readonly layerDecay: number;
  readonly maxNorm: number;
  readonly dropout: DropoutRates;
  readonly smoothing: number;
  readonly classWeights: 'none' | 'balanced';
  readonly epochs: number;
  readonly batches: BatchLimits;
  readonly accumulation: number;
  /** `every` in epochs. */
  readonly validation: { readonly every: number; readonly patience: number; readonly metric: ValidationMetric };
}

/** What is fine-tuned: an encoder, and the heads that it has already, if any. */
export interface Start {
  readonly config: EncoderConfig;
  readonly parameters: Parameters;
  readonly heads?: BundleHeads;
}

/** Texts with the names of the topics that their labels are indices of. */
export interface FineTuningData {
  readonly texts: readonly LabelledText[];
  readonly topics: readonly string[];
}

/** The model of the best step. */
export interface Tuned extends RecordedRun, TrainedModel {}

const HEADS = ['sentiment', 'topic'];

/**
 * Fine-tunes an encoder with a sentiment and a topic head on the training part of texts, and gives the model that was best on the
 * validation part. `folder` takes `checkpoint/`, `best.safetensors` and `history.ndjson`; a run that was killed goes on from there.
 * Rejects with E_INPUT_INVALID when there is nothing to train or to validate on, E_CHECKPOINT_INVALID when the folder is another
 * run's, E_TRAINING_DIVERGED, E_OUTPUT_FAILED.
 */
export async function fineTune(
  start: Start,
  data: FineTuningData,
  encode: TextEncoder,
  settings: FineTuningSettings,
  folder: string,
  listener: RunListener = {},
  stop?: AbortSignal,
): Promise<Tuned> {
  const examples = data.texts.map((text) => ({
    ...encode(text.text, text.entity),
    labels: { [text.head]: text.label },
    of: text,
  }));
  const training = examples.filter(({ of }) => of.part === 'train');
  const validation = examples.filter(({ of }) => of.part === 'validation');
  if (training.length === 0 || validation.length === 0)
    throw new BarographError(
      'E_INPUT_INVALID',
      `There are ${training.length} texts to train on and ${validation.length} to validate on: both are needed.`,
    );
  const { spec, initial } = prepare(start, data.topics.length, training, settings);
  const evaluator = await Evaluator.open(spec, settings.threads);
  try {
    const { metric, every, patience } = settings.validation;
    const run = await recordedRun(
      {
        ...{ spec, examples: training, epochs: settings.epochs, batches: settings.batches, accumulate: settings.accumulation },
        schedule: { kind: settings.schedule.kind, rate: settings.rate, warmUp: settings.schedule.warmup },
        ...{ threads: settings.threads, patience },
      },
      { folder, every, listener },
      async (parameters) => {
        const logits = await evaluator.logits(validation, parameters, HEADS);
        if (!areFinite(logits)) return { value: Number.NaN, tasks: {} };
        const tasks = taskFigures(logits, validation, data.topics);
        return { value: meanFigure(tasks, metric), tasks };
      },
      initial,
      stop,
    );
    const found = bestOf(folder, spec.parameters);
    const merged = spec.lora === undefined ? found : mergeLora(start.config, spec.lora, found);
    return { ...trainedModel(merged), ...run };
  } finally {
    await evaluator.close();
  }
}

const areFinite = (logits: Logits): boolean =>
  [...logits.values()].every((rows) => rows.every((row) => row.every(Number.isFinite)));

function prepare(
  start: Start,
  topics: number,
  training: readonly Example[],
  settings: FineTuningSettings,
): { readonly spec: TrainingSpec; readonly initial: Parameters } {
  const { config } = start;
  const heads = servedHeads(topics);
  const { method } = settings;
  const classWeights = settings.classWeights === 'balanced' ? balancedWeights(heads, training) : {};
  const encoder = encoderParameters(config);
  const adapters = method.kind === 'lora' ? loraParameters(config, method, encoder) : [];
  const ownHeads = headParameters(config, heads);
  const spec: TrainingSpec = {
    ...{ config, parameters: [...encoder, ...adapters, ...ownHeads], optimiser: settings.optimiser, sparseWords: true },
    objective: headObjective({ heads, smoothing: settings.smoothing, classWeights }),
    ...{ maxNorm: settings.maxNorm, dropout: settings.dropout, seed: settings.seed },
    ...{ isTrained: trainedBy(method, config), rateScale: rateScaleBy(settings.layerDecay, config) },
    ...(method.kind === 'lora' ? { lora: method } : {}),
  };
  const fresh = initialWeights([...ownHeads, ...adapters], settings.seed);
  return { spec, initial: new Map([...start.parameters, ...fresh, ...initialHeads(start, heads)]) };
}

/** The heads that a start has already; one of other classes begins anew. */
export function initialHeads(start: Start, heads: readonly TrainedHead[]): Parameters {
  const known = Object.entries(start.heads ?? {}).filter(([name, { classes }]) =>
    heads.some((head) => head.name === name && head.classes === classes),
  );
  return new Map(
    known.flatMap(([name, { classes, features, weight, bias }]) => [
      [`heads.${name}.weight`, { shape: [classes, features], data: weight }],
      [`heads.${name}.bias`, { shape: [classes], data: bias }],
    ]),
  );
}

/** rows / (classes × rows of the class), by head; a class without rows weighs 1. */
function balancedWeights(heads: readonly TrainedHead[], examples: readonly Example[]): Record<string, readonly number[]> {
  return Object.fromEntries(
    heads.map(({ name, classes }) => {
      const counts = new Array<number>(classes).fill(0);
      for (const { labels } of examples) {
        const label = labels[name];
        if (label !== undefined) counts[label] = (counts[label] ?? 0) + 1;
      }
      const rows = counts.reduce((sum, count) => sum + count, 0);
      return [name, counts.map((count) => (count === 0 ? 1 : rows / (classes * count)))];
    }),
  );
}
