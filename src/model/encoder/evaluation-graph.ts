import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import { type Parameters, parameter } from '../checkpoint/parameters.ts';
import { createGraph, type Graph, type GraphBuilder, type Value } from '../graph/graph.ts';
import { tanh } from '../graph/ops.ts';
import { pick } from '../graph/shape-ops.ts';
import { buildEncoder, encoderInputs } from './encoder.ts';
import { linearLayer, type ParameterValue, plainParts } from './plain-parts.ts';

/** The parameters as constants of the graph, each added when it is first used. */
export function constantParameters(g: GraphBuilder, parameters: Parameters): ParameterValue {
  const values = new Map<string, Value>();
  return (name) => {
    const known = values.get(name);
    if (known !== undefined) return known;
    const { shape, data } = parameter(parameters, name);
    const value = g.constant(name, shape, data);
    values.set(name, value);
    return value;
  };
}

/**
 * The fp32 graph: `hidden_state` (batch, tokens, hidden) and, when the parameters hold transformers' sequence classification
 * head, `logits` (batch, labels).
 */
export function evaluationGraph(config: EncoderConfig, parameters: Parameters): Graph {
  const g = createGraph('evaluation');
  const inputs = encoderInputs(g);
  const value = constantParameters(g, parameters);
  const last = buildEncoder(g, config, inputs, plainParts(g, config, inputs.mask, value)).at(-1);
  if (last === undefined) throw new Error('the encoder gave no state');
  g.output(last, 'hidden_state');
  const head = config.family === 'roberta' ? ['classifier.dense', 'classifier.out_proj'] : ['pooler.dense', 'classifier'];
  if (head.every((name) => parameters.has(`${name}.weight`))) {
    const [inner = '', outer = ''] = head;
    const first = pick(g, last, 1, 0); // (batch, hidden): the state of the first token
    g.output(linearLayer(g, tanh(g, linearLayer(g, first, inner, value)), outer, value), 'logits');
  }
  return g;
}
