import { BarographError } from '../../domain/errors.ts';
import { temperatureOf } from '../bundle/bundle-config.ts';
import type { Bundle } from '../bundle/load-bundle.ts';
import { type Head, headLogits, softmax } from '../heads/head.ts';
import type { ClassifyInput, Session } from './port.ts';
import { createTextFeatures } from './text-features.ts';

/** What scoring reads of a bundle: all but the model, which the session holds. */
export type ScoringBundle = Pick<Bundle, 'config' | 'tokenizer' | 'tokenizerConfig' | 'heads'>;

/** One row an input: sentiment, then topics in the order of the labels; probabilities rounded to 4 decimals. (inputs, classes of both) */
export type TextScorer = (inputs: readonly ClassifyInput[]) => Promise<Float64Array>;

/**
 * From texts, or texts and entities, to probabilities on one session. Throws E_BUNDLE_INVALID when the tokenizer cannot be used or the model gives
 * something that is not finite, E_MODEL_FAILED when the session fails.
 */
export function createTextScorer(bundle: ScoringBundle, session: Session, maxBatchTokens: number): TextScorer {
  const { sentiment, topic } = bundle.heads;
  const { heads } = bundle.config;
  const features = createTextFeatures(bundle, session, maxBatchTokens);
  const width = sentiment.classes + topic.classes;
  return async (inputs) => {
    const rows = new Float64Array(inputs.length * width);
    const computed = await features(inputs);
    for (const [n, input] of inputs.entries()) {
      const x = computed[n] ?? new Float64Array();
      rows.set(probabilities(sentiment, x, temperatureOf(heads, 'sentiment', input)), n * width);
      rows.set(probabilities(topic, x, temperatureOf(heads, 'topic', input)), n * width + sentiment.classes);
    }
    return rows;
  };
}

function probabilities(head: Head, x: Float64Array, temperature: number): Float64Array {
  return softmax(headLogits(head, x), temperature).map((p) => {
    if (!Number.isFinite(p))
      throw new BarographError('E_BUNDLE_INVALID', 'the model gives values that are not finite: rebuild the bundle');
    return Math.round(p * 1e4) / 1e4;
  });
}
