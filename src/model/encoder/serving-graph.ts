import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import type { Parameters } from '../checkpoint/parameters.ts';
import { createGraph, type Graph } from '../graph/graph.ts';
import type { ActivationRanges } from './activation-ranges.ts';
import { buildEncoder, encoderInputs } from './encoder.ts';
import { int8Parts } from './int8-parts.ts';

/**
 * The int8 graph that is served. For every wanted layer (0: the embeddings, n: the result of layer n) it gives an output
 * `hidden_<layer>`, (batch, tokens, hidden). Pooling and heads are not in it: see serving/pooling.ts for why.
 */
export function servingGraph(
  config: EncoderConfig,
  parameters: Parameters,
  ranges: ActivationRanges,
  layers: readonly number[],
): Graph {
  const g = createGraph('serving');
  const inputs = encoderInputs(g);
  const states = buildEncoder(g, config, inputs, int8Parts(g, config, inputs.mask, parameters, ranges));
  for (const layer of layers) {
    const state = states[layer];
    if (state === undefined) throw new Error(`the encoder has no layer ${layer}`);
    g.output(state, hiddenOutput(layer));
  }
  return g;
}

/** Name of the output that holds a layer's result. */
export function hiddenOutput(layer: number): string {
  return `hidden_${layer}`;
}
