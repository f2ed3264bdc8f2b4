import type { FineTuningSettings } from '../src/model/training/fine-tuning.ts';
import { ADAMW } from '../src/model/training/optimisers.ts';
import type { Part } from '../src/model/training-data/labelled-text.ts';
import type { SplitRow } from './labelled-sets.ts';

export const MAX_TOKENS = 128;

/**
 * The part a row is in for the bundle that ships: four groups of five of the validation part, on all of which the recipe was chosen, are
 * learned as well. The fifth is left to choose the step and to fit the temperatures; it is too small to choose by macro-F1.
 */
export const finalPart = ({ group, part }: SplitRow): Part => (part === 'validation' && group % 5 !== 0 ? 'train' : part);

/** How the default bundle is fine-tuned, in one epoch of texts that stand there twice. What won: docs/model.md has what lost. */
export const SETTINGS: FineTuningSettings = {
  ...{ seed: 1, threads: 2, optimiser: ADAMW, batches: { maxRows: 32, maxTokens: 4096 }, accumulation: 1 },
  ...{ method: { kind: 'full' }, rate: 6e-5, maxNorm: 1, layerDecay: 1 },
  schedule: { kind: 'linear', warmup: 0.06 },
  dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 },
  ...{ smoothing: 0.1, classWeights: 'none', epochs: 1 },
  validation: { every: 0.25, patience: 100, metric: 'loss' },
};
