import type { FineTuningSettings } from '../src/model/training/fine-tuning.ts';
import { ADAMW } from '../src/model/training/optimisers.ts';

export const MAX_TOKENS = 128;

/** How the default bundle is fine-tuned, in one epoch of texts that stand there twice. What won: docs/model.md has what lost. */
export const SETTINGS: FineTuningSettings = {
  ...{ seed: 1, threads: 2, optimiser: ADAMW, batches: { maxRows: 32, maxTokens: 4096 }, accumulation: 1 },
  ...{ method: { kind: 'full' }, rate: 8e-5, maxNorm: 1, layerDecay: 1 },
  schedule: { kind: 'linear', warmup: 0.06 },
  dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 },
  ...{ smoothing: 0.1, classWeights: 'none', epochs: 1 },
  validation: { every: 0.25, patience: 100, metric: 'macro_f1' },
};
