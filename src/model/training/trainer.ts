import { createHash } from 'node:crypto';
import { BarographError } from '../../domain/errors.ts';
import type { Parameters } from '../checkpoint/parameters.ts';
import { loadCheckpoint, type Progress, saveCheckpoint } from './checkpoints.ts';
import { type BatchLimits, epochBatches } from './epoch-batches.ts';
import type { Example } from './examples.ts';
import { rateOf, type ScheduleSettings } from './schedule.ts';
import type { TrainingSpec } from './training-graph.ts';
import { TrainingSession } from './training-session.ts';

export interface TrainingOptions {
  readonly spec: TrainingSpec;
  readonly examples: readonly Example[];
  readonly epochs: number;
  readonly batches: BatchLimits;
  /** Batches whose gradients make one step. */
  readonly accumulate: number;
  readonly schedule: ScheduleSettings;
  readonly threads: number;
  /** Steps from one validation to the next, each of which also writes a checkpoint; may be a fraction. The last step has one too. */
  readonly validateEvery: number;
  /** Validations without a better one after which the run ends. */
  readonly patience: number;
  /** The figure that is to rise, on data that is not trained on. */
  readonly validate: (parameters: Parameters, step: number) => Promise<number>;
  /** Hears of a better model than any before; its tensors change after it returns. */
  readonly onBest: (parameters: Parameters, step: number, value: number) => void;
  /** Hears, before the first step, how many were taken before: more than 0 when a run goes on. */
  readonly onStart?: (steps: number) => void;
  readonly onStep?: (step: {
    readonly step: number;
    readonly steps: number;
    readonly loss: number;
    /** Of the gradients before clipping. */
    readonly norm: number;
    readonly rate: number;
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
  const session = new TrainingSession(spec, initial, options.threads);
  try {
    let progress: Progress = saved?.progress ?? { run, steps: 0, best: null, waited: 0 };
    if (saved !== undefined) session.restore(saved.state, progress.steps);
    await session.reseed(spec.seed + progress.steps);
    const plan = Array.from({ length: options.epochs }, (_, epoch) => stepsOf(options, epoch)).flat();
    options.onStart?.(progress.steps);
    while (progress.steps < plan.length && progress.waited < options.patience) {
      stop?.throwIfAborted();
      const batches = (plan[progress.steps] ?? []).map((batch) => batch.map((index) => examples[index] as Example));
      const rate = rateOf(options.schedule, progress.steps, plan.length);
      const { loss, norm } = await step(session, options, batches, progress.steps, rate);
      progress = { ...progress, steps: progress.steps + 1 };
      options.onStep?.({ step: progress.steps, steps: plan.length, loss, norm, rate, rows: batches.flat().length });
      if (!isDue(progress.steps, validateEvery) && progress.steps < plan.length) continue;
      progress = await judge(session, options, progress);
      if (folder !== undefined) saveCheckpoint(folder, progress, session.state);
      await session.reseed(spec.seed + progress.steps); // as whoever resumes from here
    }
    return { steps: progress.steps, best: progress.best, stoppedEarly: progress.steps < plan.length };
  } finally {
    await session.close();
  }
}

/** Whether a step is the first at, or after, a multiple of `every`. */
export function isDue(step: number, every: number): boolean {
  return Math.floor(step / every) > Math.floor((step - 1) / every);
}

/** A lesson's floats as text, short and exact. */
function numbersAsText(_: string, value: unknown): unknown {
  return value instanceof Float32Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') : value;
}

/** The steps of an epoch: of each its batches, as indices of examples. */
export function stepsOf(
  { spec, examples, batches: limits, accumulate }: Pick<TrainingOptions, 'spec' | 'examples' | 'batches' | 'accumulate'>,
  epoch: number,
): readonly (readonly (readonly number[])[])[] {
  const lengths = examples.map(({ ids }) => ids.length);
  const batches = epochBatches(lengths, limits, spec.seed, epoch);
  return Array.from({ length: Math.ceil(batches.length / accumulate) }, (_, i) =>
    batches.slice(i * accumulate, (i + 1) * accumulate),
  );
}

async function step(
  session: TrainingSession,
  { spec }: TrainingOptions,
  batches: readonly (readonly Example[])[],
  number: number,
  rate: number,
): Promise<{ readonly loss: number; readonly norm: number }> {
  const asked = spec.objective.batches(batches, spec.config, number);
  const { loss, norm } = await session.step(asked, rate);
  if (Number.isFinite(loss) && Number.isFinite(norm)) return { loss, norm };
  const message = `The loss of step ${number + 1} is ${loss}, the norm of its gradients ${norm}: a lower learning rate or a longer warm-up may help.`;
  throw new BarographError('E_TRAINING_DIVERGED', message, { facts: { step: number + 1 } });
}

async function judge(session: TrainingSession, options: TrainingOptions, progress: Progress): Promise<Progress> {
  const value = await options.validate(session.parameters, progress.steps);
  if (progress.best !== null && value <= progress.best.value) return { ...progress, waited: progress.waited + 1 };
  options.onBest(session.parameters, progress.steps, value);
  return { ...progress, best: { value, step: progress.steps }, waited: 0 };
}

/** Of everything that decides where a run goes; functions count by what they say of each parameter. */
function fingerprint({ spec, examples, ...settings }: TrainingOptions): string {
  const { threads: _threads, patience: _patience, folder: _folder, ...deciding } = settings; // functions are no JSON
  const trained = spec.parameters.map(({ name }) => [name, spec.isTrained(name), spec.rateScale(name)]);
  const hash = createHash('sha256').update(JSON.stringify({ ...spec, ...deciding, trained }));
  for (const example of examples) hash.update(JSON.stringify(example, numbersAsText));
  return hash.digest('hex');
}
