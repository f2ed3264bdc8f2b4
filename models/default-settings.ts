import type { DistillationSettings } from '../src/model/training/distillation.ts';
import type { FineTuningSettings } from '../src/model/training/fine-tuning.ts';
import { ADAMW } from '../src/model/training/optimisers.ts';
import { BGE_SMALL, E5_SMALL } from './fetch-encoder.ts';

export const MAX_TOKENS = 128;
/** Share of the taught texts that measures how close the student has come. */
export const HELD_OUT = 0.02;

/** Part of what decides the result: see `FineTuningSettings`. */
const RUN = { seed: 1, threads: 2, optimiser: ADAMW, batches: { maxRows: 32, maxTokens: 4096 }, accumulation: 1 };

/** What is fine-tuned; the student begins as the first. */
export const TEACHERS = [E5_SMALL, BGE_SMALL] as const;

/** How each teacher is fine-tuned. What won: docs/model.md has what lost. */
export const TEACHER_SETTINGS: FineTuningSettings = {
  ...{ ...RUN, method: { kind: 'full' }, rate: 8e-5, maxNorm: 1, layerDecay: 1 },
  schedule: { kind: 'linear', warmup: 0.06 },
  dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 },
  ...{ smoothing: 0, classWeights: 'none', epochs: 2 },
  validation: { every: 0.5, patience: 100, metric: 'macro_f1' },
};

/** Of the first teacher's 12. */
export const STUDENT_LAYERS = 6;

/** How the student learns. */
export const STUDENT_SETTINGS: DistillationSettings = {
  ...{ ...RUN, rate: 1.5e-4, warmup: 0.06, epochs: 2, dropout: 0.1, every: 0.25, temperature: 2, vectorWeight: 1 },
};
