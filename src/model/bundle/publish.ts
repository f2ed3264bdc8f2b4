import { floatServingGraph, hiddenOutput, servingGraph } from '../encoder/serving-graph.ts';
import { encodeOnnx } from '../graph/onnx-file.ts';
import type { FeatureBundle } from '../serving/text-features.ts';
import type { FineTuned } from './fine-tuned.ts';
import type { BundleContents } from './write-bundle.ts';

/** Numbers of the served model's weights. Only with int8 do scores not depend on the batch. */
export type Precision = 'int8' | 'fp16' | 'fp32';

/** What a bundle says of itself beside the model. */
export interface BundleDescription {
  readonly name: string;
  readonly metrics: unknown;
  readonly card: string;
}

/** The bundle of a fine-tuned model. */
export function bundleOf(model: FineTuned, precision: Precision, { name, metrics, card }: BundleDescription): BundleContents {
  const { tokenizer, tokenizerConfig } = model.checkpoint;
  const { preparation, heads } = model.settings;
  return {
    config: { format: 1, name, preparation, ...servedConfig(model), heads },
    model: servedModel(model, precision),
    ...{ tokenizer, tokenizerConfig, heads: model.heads, metrics, card },
  };
}

/** The model that is served: hidden states of the last layer, which the heads read the mean of. */
export function servedModel({ checkpoint, ranges }: FineTuned, precision: Precision): Uint8Array {
  const { config, parameters } = checkpoint;
  const layers = [config.layers];
  if (precision === 'int8') return encodeOnnx(servingGraph(config, parameters, ranges, layers));
  return encodeOnnx(floatServingGraph(config, parameters, layers, precision));
}

export function servedOutputs({ checkpoint }: FineTuned): readonly string[] {
  return [hiddenOutput(checkpoint.config.layers)];
}

/** The part of a bundle's configuration that features are computed by. */
export function servedConfig({ checkpoint, settings }: FineTuned): FeatureBundle['config'] {
  const { family, padId, hidden, layers } = checkpoint.config;
  const { maxTokens, entities } = settings;
  return { family, entities, maxTokens, padId, hidden, layers: [layers], pooling: [{ layer: layers, kind: 'mean' }] };
}
