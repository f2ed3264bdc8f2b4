import { BarographError } from '../../domain/errors.ts';
import type { BundleConfig } from '../bundle/bundle-config.ts';
import { cutBatches, firstPooled, padBatch } from './batches.ts';
import { pool } from './pooling.ts';
import type { ClassifyInput, Session } from './port.ts';
import { openTextEncoder, type TextEncoder } from './text-encoder.ts';

/** What turning a text into features reads of a bundle: heads are trained on exactly what serving computes. */
export interface FeatureBundle {
  readonly config: Pick<BundleConfig, 'family' | 'entities' | 'maxTokens' | 'padId' | 'hidden' | 'layers' | 'pooling'>;
  /** JSON texts. */
  readonly tokenizer: string;
  readonly tokenizerConfig: string;
}

/** Feature vectors (parts * hidden) in the order of the inputs. Rejects with E_MODEL_FAILED when the session fails. */
export type TextFeatures = (inputs: readonly ClassifyInput[]) => Promise<readonly Float64Array[]>;

/** Prepares, tokenizes, batches, runs and pools on one session. Throws E_BUNDLE_INVALID when the tokenizer cannot be used. */
export function createTextFeatures(bundle: FeatureBundle, session: Session, maxBatchTokens: number): TextFeatures {
  const { config } = bundle;
  const encode = openEncoder(bundle);
  return async (inputs) => {
    const tokens = inputs.map(({ text, entity }) => encode(text, config.entities === true ? entity : undefined));
    const results = new Array<Float64Array>(inputs.length);
    for (const indices of cutBatches(
      tokens.map(({ ids }) => ids.length),
      maxBatchTokens,
    )) {
      const members = indices.map((index) => tokens[index] ?? { ids: [] });
      const batch = padBatch(members, config.padId);
      const states = await session.run(batch);
      for (const [row, index] of indices.entries()) {
        const text = members[row] ?? { ids: [] };
        const first = firstPooled(text);
        const place = { row, first, length: text.ids.length - first, tokens: batch.tokens };
        results[index] = pool(config.pooling, config.layers, states, place, config.hidden);
      }
    }
    return results;
  };
}

function openEncoder(bundle: FeatureBundle): TextEncoder {
  try {
    return openTextEncoder(bundle, bundle.config.family, bundle.config.maxTokens);
  } catch (cause) {
    throw new BarographError('E_BUNDLE_INVALID', 'the tokenizer files of the bundle cannot be used', { cause });
  }
}
