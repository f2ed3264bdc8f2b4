import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BarographError } from '../../domain/errors.ts';
import { loadParameters, type Parameter, type Parameters } from '../checkpoint/parameters.ts';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { writeSynced } from '../checkpoint/whole-folder.ts';
import { safetensorsPieces } from '../checkpoint/write-safetensors.ts';
import { type HistoryRecord, openHistory } from './history.ts';
import type { TaskFigures } from './task-figures.ts';
import { isDue, stepsOf, type TrainingOptions, train } from './trainer.ts';

/** Heard on the way. */
export interface RunListener {
  onStep?(at: { readonly step: number; readonly steps: number; readonly loss: number; readonly texts: number }): void;
  onValidation?(at: Extract<HistoryRecord, { kind: 'validation' }>): void;
}

export interface RunPlace {
  /** Takes `checkpoint/`, `best.safetensors` and `history.ndjson`. */
  readonly folder: string;
  /** Epochs between two validations. */
  readonly every: number;
  readonly listener: RunListener;
}

export interface RecordedRun {
  readonly steps: number;
  readonly stoppedEarly: boolean;
  readonly best: { readonly step: number; readonly value: number };
  readonly history: readonly HistoryRecord[];
}

/** `value` is to rise; what is no number ends the run. */
export interface Measured {
  readonly value: number;
  readonly tasks: TaskFigures;
}

type RunOptions = Omit<TrainingOptions, 'validateEvery' | 'validate' | 'onBest' | 'onStart' | 'onStep' | 'folder'>;

/** Steps that share a line of the history. */
const STEPS_A_RECORD = 20;

/**
 * Trains, validates every so often, and keeps history and the best model in a folder, from which a run that was killed goes on.
 * Rejects as `train` does, and with E_OUTPUT_FAILED.
 */
export async function recordedRun(
  options: RunOptions,
  { folder, every, listener }: RunPlace,
  measure: (parameters: Parameters) => Promise<Measured>,
  initial: Parameters,
  stop?: AbortSignal,
): Promise<RecordedRun> {
  const history = openHistory(join(folder, 'history.ndjson'));
  const epochSteps = stepsOf(options, 0).length;
  const epochOf = (step: number): number => Math.round((step / epochSteps) * 100) / 100;
  const validateEvery = Math.max(1, every * epochSteps);
  const means = runningMeans();
  const complete: TrainingOptions = {
    ...options,
    validateEvery,
    folder: join(folder, 'checkpoint'),
    onStart: (steps) => history.rewind(steps),
    onStep: ({ step, steps, loss, norm, rate, rows }) => {
      means.add(loss, norm);
      if (step % STEPS_A_RECORD === 0 || isDue(step, validateEvery))
        history.add({ kind: 'steps', step, epoch: epochOf(step), ...means.take(), rate });
      listener.onStep?.({ step, steps, loss, texts: rows });
    },
    validate: async (parameters, step) => {
      const { value, tasks } = await measure(parameters);
      if (!Number.isFinite(value)) {
        const message = `After step ${step} the model gives no numbers any more: a lower learning rate or a longer warm-up may help.`;
        throw new BarographError('E_TRAINING_DIVERGED', message, { facts: { step } });
      }
      const record = { kind: 'validation', step, epoch: epochOf(step), value, tasks } as const;
      history.add(record);
      listener.onValidation?.(record);
      return value;
    },
    onBest: (parameters) => keepBest(join(folder, 'best.safetensors'), parameters),
  };
  const { best, steps, stoppedEarly } = await train(complete, initial, stop);
  if (best === null) throw new Error('a run of at least one step has been validated');
  return { steps, stoppedEarly, best, history: history.records };
}

/** The best model that a run kept. */
export function bestOf(folder: string, table: readonly Parameter[]): Parameters {
  const file = openSafetensors(join(folder, 'best.safetensors'));
  try {
    return loadParameters(file, table);
  } finally {
    file.close();
  }
}

/** Beside the one before, which stays when there is no room for another. */
function keepBest(path: string, parameters: Parameters): void {
  const fresh = `${path}.new`;
  try {
    rmSync(fresh, { force: true });
    writeSynced(fresh, safetensorsPieces(parameters));
    renameSync(fresh, path);
  } catch (cause) {
    rmSync(fresh, { force: true });
    throw new BarographError(
      'E_OUTPUT_FAILED',
      `The best model so far cannot be written to ${path}; the one before and the last checkpoint are kept.`,
      { cause },
    );
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
