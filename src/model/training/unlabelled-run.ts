import type { Parameters } from '../checkpoint/parameters.ts';
import type { BatchLimits } from './epoch-batches.ts';
import { Evaluator } from './evaluation.ts';
import type { Example } from './examples.ts';
import type { OptimiserSettings } from './optimisers.ts';
import { bestOf, type RecordedRun, type RunListener, recordedRun } from './recorded-run.ts';
import type { TrainingSpec } from './training-graph.ts';

/** What every training on texts without labels takes. */
export interface UnlabelledSettings {
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
  /** Epochs between two validations. */
  readonly every: number;
}

/** Where results go and who hears of them. */
export interface UnlabelledPlace {
  readonly folder: string;
  readonly listener?: RunListener;
  readonly stop?: AbortSignal;
}

/** The parameters of the best step, and its loss on the held-out texts, to 4 decimals. */
export interface UnlabelledRun extends Omit<RecordedRun, 'best'> {
  readonly parameters: Parameters;
  readonly best: { readonly step: number; readonly loss: number };
}

/**
 * Trains on some examples and keeps the parameters with the lowest loss on the held-out ones. A run that was killed goes on from the
 * folder. Rejects as `train` does.
 */
export async function unlabelledRun<E extends Example>(
  spec: TrainingSpec,
  examples: { readonly training: readonly E[]; readonly heldOut: readonly E[] },
  settings: UnlabelledSettings,
  lossOf: (evaluator: Evaluator, heldOut: readonly E[], parameters: Parameters) => Promise<number>,
  initial: Parameters,
  { folder, listener = {}, stop }: UnlabelledPlace,
): Promise<UnlabelledRun> {
  const evaluator = await Evaluator.open(spec, settings.threads);
  try {
    const { best, ...run } = await recordedRun(
      {
        ...{ spec, examples: examples.training, epochs: settings.epochs, batches: settings.batches },
        ...{ accumulate: settings.accumulation, threads: settings.threads, patience: Number.POSITIVE_INFINITY },
        schedule: { kind: 'linear', rate: settings.rate, warmUp: settings.warmup },
      },
      { folder, every: settings.every, listener },
      async (parameters) => {
        const loss = await lossOf(evaluator, examples.heldOut, parameters);
        return { value: -Math.round(loss * 1e4) / 1e4, tasks: {} };
      },
      initial,
      stop,
    );
    return { ...run, parameters: bestOf(folder, spec.parameters), best: { step: best.step, loss: -best.value } };
  } finally {
    await evaluator.close();
  }
}
