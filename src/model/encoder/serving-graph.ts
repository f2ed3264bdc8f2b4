import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import { type Parameters, parameter } from '../checkpoint/parameters.ts';
import { createGraph, type Graph, type GraphBuilder, type Value } from '../graph/graph.ts';
import { cast } from '../graph/ops.ts';
import type { ActivationRanges } from './activation-ranges.ts';
import { buildEncoder, encoderInputs } from './encoder.ts';
import { constantParameters } from './evaluation-graph.ts';
import { int8Parts } from './int8-parts.ts';
import { plainParts } from './plain-parts.ts';

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
  putOut(g, buildEncoder(g, config, inputs, int8Parts(g, config, inputs.mask, parameters, ranges)), layers);
  return g;
}

/**
 * The same in floats, by ONNX's own operators. In fp16 weights take half the room and are widened when the model is loaded: sums are
 * fp32 in both, and their last digits move with the batch.
 */
export function floatServingGraph(
  config: EncoderConfig,
  parameters: Parameters,
  layers: readonly number[],
  precision: 'fp16' | 'fp32',
): Graph {
  const g = createGraph('serving');
  const inputs = encoderInputs(g);
  const wide = constantParameters(g, parameters);
  const narrow = (name: string): Value => {
    const { shape, data } = parameter(parameters, name);
    return cast(g, g.constant(name, shape, Float16Array.from(data)), 'float32');
  };
  putOut(g, buildEncoder(g, config, inputs, plainParts(g, config, inputs.mask, precision === 'fp32' ? wide : narrow)), layers);
  return g;
}

function putOut(g: GraphBuilder, states: readonly Value[], layers: readonly number[]): void {
  for (const layer of layers) {
    const state = states[layer];
    if (state === undefined) throw new Error(`the encoder has no layer ${layer}`);
    g.output(state, hiddenOutput(layer));
  }
}

/** Name of the output that holds a layer's result. */
export function hiddenOutput(layer: number): string {
  return `hidden_${layer}`;
}
