import { createHash } from 'node:crypto';
import { BarographError } from '../../domain/errors.ts';
import type { Parameters } from '../checkpoint/parameters.ts';
import { padBatch } from '../serving/batches.ts';
import { loadCheckpoint, type Progress, saveCheckpoint } from './checkpoints.ts';
import { type BatchLimits, epochBatches } from './epoch-batches.ts';
import type { Example } from './examples.ts';
import { targetsOf, weightOf } from './loss.ts';
import { rateOf, type ScheduleSettings } from './schedule.ts';
import type { TrainingSpec } from './training-graph.ts';
import { TrainingSession } from './training-session.ts';

export interface TrainingOptions {
  readonly spec: TrainingSpec;
  readonly examples: readonly Example[];
  readonly epochs: number;
  readonly batches: BatchLimits;
  readonly schedule: ScheduleSettings;
  readonly smoothing: number;
  readonly classWeights: Readonly<Record<string, readonly number[]>>;
  readonly threads: number;
  /** Steps between two validations, each of which also writes a checkpoint. */
  readonly validateEvery: number;
  /** Validations without a better one after which the run ends. */
  readonly patience: number;
  /** The figure that is to rise, on data that is not trained on. */
  readonly validate: (parameters: Parameters, step: number) => Promise<number>;
  /** Hears of a better model than any before; its tensors change after it returns. */
  readonly onBest: (parameters: Parameters, step: number, value: number) => void;
  readonly onStep?: (step: {
    readonly step: number;
    readonly steps: number;
    readonly loss: number;
    readonly rows: number;
  }) => void;
  /** Where checkpoints go; none are written without. */
  readonly folder?: string;
}

export interface TrainingResult {
  readonly steps: number;
  readonly best: { readonly value: number; readonly step: number } | null;
  readonly stoppedEarly: boolean;
}

/**
 * Trains a model. Deterministic for the seed of its spec: a run that was killed goes on from its last checkpoint and ends with
 * the same weights. Rejects with E_TRAINING_DIVERGED when the loss is no number any more; the best model so far was handed out.
 */
export async function train(options: TrainingOptions, initial: Parameters, stop?: AbortSignal): Promise<TrainingResult> {
  const { spec, examples, folder, validateEvery } = options;
  const run = fingerprint(options);
  const saved = folder === undefined ? undefined : loadCheckpoint(folder, run);
  const session = await TrainingSession.open(spec, initial, options.threads);
  try {
    let progress: Progress = saved?.progress ?? { run, steps: 0, best: null, waited: 0 };
    if (saved !== undefined) session.restore(saved.state, progress.steps);
    await session.reseed(spec.seed + progress.steps);
    const lengths = examples.map(({ ids }) => ids.length);
    const plan = Array.from({ length: options.epochs }, (_, epoch) =>
      epochBatches(lengths, options.batches, spec.seed, epoch),
    ).flat();
    while (progress.steps < plan.length && progress.waited < options.patience) {
      stop?.throwIfAborted();
      const batch = (plan[progress.steps] ?? []).map((index) => examples[index] as Example);
      const loss = await step(session, options, batch, progress.steps, plan.length);
      progress = { ...progress, steps: progress.steps + 1 };
      options.onStep?.({ step: progress.steps, steps: plan.length, loss, rows: batch.length });
      if (progress.steps % validateEvery !== 0 && progress.steps < plan.length) continue;
      progress = await judge(session, options, progress);
      if (folder !== undefined) saveCheckpoint(folder, progress, session.state);
      await session.reseed(spec.seed + progress.steps); // as whoever resumes from here
    }
    return { steps: progress.steps, best: progress.best, stoppedEarly: progress.steps < plan.length };
  } finally {
    await session.close();
  }
}

async function step(
  session: TrainingSession,
  { spec, schedule, smoothing, classWeights }: TrainingOptions,
  batch: readonly Example[],
  number: number,
  steps: number,
): Promise<number> {
  const padded = padBatch(
    batch.map(({ ids }) => ids),
    spec.config.padId,
  );
  const targets = new Map(
    spec.heads.map(({ name, classes }) => {
      const weights = classWeights[name];
      const head = {
        ...{ classes, smoothing, labels: batch.map(({ labels }) => labels[name]) },
        ...(weights === undefined ? {} : { classWeights: weights }),
      };
      return [name, targetsOf(head, Math.max(weightOf(head), Number.MIN_VALUE))];
    }),
  );
  const { loss, norm } = await session.step(padded, targets, rateOf(schedule, number, steps));
  if (Number.isFinite(loss) && Number.isFinite(norm)) return loss;
  const message = `The loss of step ${number + 1} is ${loss}, the norm of its gradients ${norm}: a lower learning rate or a longer warm-up may help.`;
  throw new BarographError('E_TRAINING_DIVERGED', message, { facts: { step: number + 1 } });
}

async function judge(session: TrainingSession, options: TrainingOptions, progress: Progress): Promise<Progress> {
  const value = await options.validate(session.parameters, progress.steps);
  if (progress.best !== null && value <= progress.best.value) return { ...progress, waited: progress.waited + 1 };
  options.onBest(session.parameters, progress.steps, value);
  return { ...progress, best: { value, step: progress.steps }, waited: 0 };
}

/** Of everything that decides where a run goes. */
function fingerprint({
  spec,
  examples,
  epochs,
  batches,
  schedule,
  smoothing,
  classWeights,
  validateEvery,
}: TrainingOptions): string {
  const { config, heads, optimiser, maxNorm, dropout, seed, parameters, sparseWords, lora } = spec;
  const trained = parameters.map(({ name }) => [name, spec.isTrained(name), spec.rateScale(name)]);
  const all = {
    config,
    heads,
    optimiser,
    maxNorm,
    dropout,
    seed,
    sparseWords,
    lora,
    trained,
    epochs,
    batches,
    schedule,
    smoothing,
    classWeights,
    validateEvery,
  };
  const hash = createHash('sha256').update(JSON.stringify(all));
  for (const { ids, labels } of examples) hash.update(JSON.stringify([ids, labels]));
  return hash.digest('hex');
}
