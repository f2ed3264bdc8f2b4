import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BarographError } from '../../domain/errors.ts';
import type { BundleHeads } from '../bundle/head-tensors.ts';
import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import { encoderParameters, loadParameters, type Parameters, parameter } from '../checkpoint/parameters.ts';
import { openSafetensors, type Tensor } from '../checkpoint/safetensors.ts';
import { encodeSafetensors } from '../checkpoint/write-safetensors.ts';
import type { Head } from '../heads/head.ts';
import type { TextEncoder } from '../serving/text-encoder.ts';
import { type LabelledText, SENTIMENTS } from '../training-data/labelled-text.ts';
import type { BatchLimits } from './epoch-batches.ts';
import { Evaluator, type Logits } from './evaluation.ts';
import type { Example } from './examples.ts';
import { headObjective } from './head-objective.ts';
import { headParameters, type TrainedHead } from './heads.ts';
import { type HistoryRecord, openHistory } from './history.ts';
import { initialWeights } from './initial-weights.ts';
import { loraParameters, mergeLora } from './lora.ts';
import { type Method, rateScaleBy, trainedBy } from './methods.ts';
import type { OptimiserSettings } from './optimisers.ts';
import { meanFigure, taskFigures, type ValidationMetric } from './task-figures.ts';
import { type TrainingOptions, train } from './trainer.ts';
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

export interface Tuned {
  readonly encoder: Parameters;
  readonly heads: BundleHeads;
  readonly steps: number;
  readonly stoppedEarly: boolean;
  /** Where the model was found that is given, and the figure it was chosen by. */
  readonly best: { readonly step: number; readonly value: number };
  readonly history: readonly HistoryRecord[];
}

/** Heard on the way. */
export interface FineTuningListener {
  onStep?(at: { readonly step: number; readonly steps: number; readonly loss: number; readonly texts: number }): void;
  onValidation?(at: Extract<HistoryRecord, { kind: 'validation' }>): void;
}

const HEADS = ['sentiment', 'topic'];

/** Steps that share a line of the history. */
const STEPS_A_RECORD = 20;

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
  listener: FineTuningListener = {},
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
  const history = openHistory(join(folder, 'history.ndjson'));
  const bestFile = join(folder, 'best.safetensors');
  const epochSteps = Math.ceil(training.length / settings.batches.maxRows / settings.accumulation);
  const epochOf = (step: number): number => Math.round((step / epochSteps) * 100) / 100;
  const validateEvery = Math.max(1, Math.round(settings.validation.every * epochSteps));
  const means = runningMeans();
  try {
    const options: TrainingOptions = {
      ...{ spec, examples: training, epochs: settings.epochs, batches: settings.batches, accumulate: settings.accumulation },
      schedule: { kind: settings.schedule.kind, rate: settings.rate, warmUp: settings.schedule.warmup },
      threads: settings.threads,
      validateEvery,
      patience: settings.validation.patience,
      folder: join(folder, 'checkpoint'),
      onStart: (steps) => history.rewind(steps),
      onStep: ({ step, steps, loss, norm, rate, rows }) => {
        means.add(loss, norm);
        if (step % STEPS_A_RECORD === 0 || step % validateEvery === 0)
          history.add({ kind: 'steps', step, epoch: epochOf(step), ...means.take(), rate });
        listener.onStep?.({ step, steps, loss, texts: rows });
      },
      validate: async (parameters, step) => {
        const logits = await evaluator.logits(validation, parameters, HEADS);
        checkFinite(logits, step);
        const tasks = taskFigures(logits, validation, data.topics);
        const record = {
          kind: 'validation',
          step,
          epoch: epochOf(step),
          value: meanFigure(tasks, settings.validation.metric),
          tasks,
        } as const;
        history.add(record);
        listener.onValidation?.(record);
        return record.value;
      },
      onBest: (parameters) => keepBest(bestFile, parameters),
    };
    const { best, steps, stoppedEarly } = await train(options, initial, stop);
    if (best === null) throw new Error('a run of at least one step has been validated');
    return { ...tunedModel(bestFile, start.config, spec), steps, stoppedEarly, best, history: history.records };
  } finally {
    await evaluator.close();
  }
}

function prepare(
  start: Start,
  topics: number,
  training: readonly Example[],
  settings: FineTuningSettings,
): { readonly spec: TrainingSpec; readonly initial: Parameters } {
  const { config } = start;
  const heads = [
    { name: 'sentiment', classes: SENTIMENTS.length },
    { name: 'topic', classes: topics },
  ];
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
  const initial = new Map([...start.parameters, ...initialWeights([...ownHeads, ...adapters], settings.seed)]);
  for (const [name, head] of Object.entries(start.heads ?? {})) {
    if (head.classes !== heads.find((each) => each.name === name)?.classes) continue;
    initial.set(`heads.${name}.weight`, { shape: [head.classes, head.features], data: head.weight });
    initial.set(`heads.${name}.bias`, { shape: [head.classes], data: head.bias });
  }
  return { spec, initial };
}

function checkFinite(logits: Logits, step: number): void {
  for (const rows of logits.values())
    for (const row of rows)
      if (!row.every(Number.isFinite)) {
        const message = `After step ${step} the model gives no numbers any more: a lower learning rate or a longer warm-up may help.`;
        throw new BarographError('E_TRAINING_DIVERGED', message, { facts: { step } });
      }
}

/** Loss and norm over some steps. */
function runningMeans(): { add(loss: number, norm: number): void; take(): { loss: number; norm: number } } {
  let [loss, norm, count] = [0, 0, 0];
  const round = (x: number): number => Math.round(x * 1e4) / 1e4;
  return {
    add(moreLoss, moreNorm) {
      [loss, norm, count] = [loss + moreLoss, norm + moreNorm, count + 1];
    },
    take() {
      const means = { loss: round(loss / Math.max(1, count)), norm: round(norm / Math.max(1, count)) };
      [loss, norm, count] = [0, 0, 0];
      return means;
    },
  };
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

function keepBest(path: string, parameters: Parameters): void {
  try {
    writeFileSync(path, encodeSafetensors(parameters));
  } catch (cause) {
    throw new BarographError('E_OUTPUT_FAILED', `The best model so far cannot be written to ${path}.`, { cause });
  }
}

function tunedModel(path: string, config: EncoderConfig, spec: TrainingSpec): Pick<Tuned, 'encoder' | 'heads'> {
  const file = openSafetensors(path);
  try {
    const found: ReadonlyMap<string, Tensor> = loadParameters(file, spec.parameters);
    const merged = spec.lora === undefined ? found : mergeLora(config, spec.lora, found);
    const head = (name: string): Head => {
      const weight = parameter(merged, `heads.${name}.weight`);
      const [classes = 0, features = 0] = weight.shape;
      return { classes, features, weight: weight.data, bias: parameter(merged, `heads.${name}.bias`).data };
    };
    const encoder = new Map([...merged].filter(([name]) => !name.startsWith('heads.')));
    return { encoder, heads: { sentiment: head('sentiment'), topic: head('topic') } };
  } finally {
    file.close();
  }
}
