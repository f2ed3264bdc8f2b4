import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import { add, cast, gather, gelu, layerNormalization, matmul, mul, scalar, softmax, sub } from '../graph/ops.ts';
import { reshape, transpose, unsqueeze } from '../graph/shape-ops.ts';
import type { EncoderParts } from './encoder.ts';

/** The value of a parameter by its full name: a constant for evaluation, an input of the graph for training. */
export type ParameterValue = (name: string) => Value;

/** A padded key's score: far below any real one, so that its weight after softmax is exactly 0. */
const MASKED = -3e38;

/** The encoder in fp32 by ONNX's own operators only, with no fused one: what all else is compared with. */
export function plainParts(g: GraphBuilder, config: EncoderConfig, mask: Value, parameter: ParameterValue): EncoderParts {
  const bias = maskBias(g, mask);
  const norm = (x: Value, name: string): Value =>
    layerNormalization(g, x, parameter(`${name}.weight`), parameter(`${name}.bias`), config.layerNormEpsilon);
  const linear = (x: Value, name: string): Value => linearLayer(g, x, name, parameter);
  return {
    rows: (table, ids) => gather(g, parameter(`${table}.weight`), ids),
    norm,
    linears: (x, layers) => layers.map((layer) => linear(x, layer)),
    attend: (query, key, value) => attend(g, config, query, key, value, bias),
    linearGelu: (x, layer) => gelu(g, linear(x, layer)),
    linearAddNorm: (x, layer, skip, name) => norm(add(g, linear(x, layer), skip), name),
  };
}

/** x (..., in) -> x W' + b (..., out), with W (out, in) as checkpoints keep it. */
export function linearLayer(g: GraphBuilder, x: Value, name: string, parameter: ParameterValue): Value {
  return add(g, matmul(g, x, transpose(g, parameter(`${name}.weight`), [1, 0])), parameter(`${name}.bias`));
}

/** (batch, tokens) of 0 and 1 -> (batch, 1, 1, tokens), to be added to scores. */
export function maskBias(g: GraphBuilder, mask: Value): Value {
  const padding = sub(g, scalar(g, 'one', Float32Array.of(1)), cast(g, mask, 'float32'));
  return unsqueeze(g, mul(g, padding, scalar(g, 'masked', Float32Array.of(MASKED))), [1, 2]);
}

function attend(g: GraphBuilder, config: EncoderConfig, query: Value, key: Value, value: Value, bias: Value): Value {
  const size = config.hidden / config.heads;
  const split = (x: Value): Value => transpose(g, reshape(g, x, [0, 0, config.heads, size]), [0, 2, 1, 3]); // (batch, heads, tokens, size)
  const keys = transpose(g, reshape(g, key, [0, 0, config.heads, size]), [0, 2, 3, 1]); // (batch, heads, size, tokens)
  const scaled = mul(g, split(query), scalar(g, 'scale', Float32Array.of(1 / Math.sqrt(size))));
  const weights = softmax(g, add(g, matmul(g, scaled, keys), bias)); // (batch, heads, tokens, tokens)
  const context = transpose(g, matmul(g, weights, split(value)), [0, 2, 1, 3]); // (batch, tokens, heads, size)
  return reshape(g, context, [0, 0, config.hidden]);
}
