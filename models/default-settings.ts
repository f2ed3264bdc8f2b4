import type { FineTuningSettings } from '../src/model/training/fine-tuning.ts';
import { ADAMW } from '../src/model/training/optimisers.ts';
import type { LabelledText } from '../src/model/training-data/labelled-text.ts';

export const MAX_TOKENS = 128;

/** What won: docs/model.md has what lost. */
export const DEFAULT_SETTINGS: FineTuningSettings = {
  ...{ seed: 1, threads: 2, method: { kind: 'full' }, optimiser: ADAMW, rate: 8e-5, maxNorm: 1, layerDecay: 1 },
  schedule: { kind: 'linear', warmup: 0.06 },
  dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 },
  ...{ smoothing: 0, classWeights: 'none', epochs: 3, batches: { maxRows: 32, maxTokens: 4096 }, accumulation: 1 },
  validation: { every: 0.5, patience: 100, metric: 'macro_f1' },
};

const CASHTAG = /\$[A-Z]{1,5}\b/g;

/**
 * The labelled texts, and what is made of the training part: a tweet that has one cashtag also asks about it, so that pairs are
 * learned in the tweets' style too.
 */
export function trainingTexts(sets: readonly LabelledText[]): readonly LabelledText[] {
  const asked = sets.flatMap((text) => {
    const tags = [...new Set(text.text.match(CASHTAG) ?? [])];
    const [tag] = tags;
    const fits = text.part === 'train' && text.head === 'sentiment' && text.entity === undefined && tags.length === 1;
    return fits && tag !== undefined ? [{ ...text, entity: tag }] : [];
  });
  return [...sets, ...asked];
}
