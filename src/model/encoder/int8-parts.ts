import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import { type Parameters, parameter } from '../checkpoint/parameters.ts';
import { fastGelu, matmulIntegerToFloat, multiHeadAttention } from '../graph/fused-ops.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import {
  add,
  cast,
  gather,
  mul,
  quantizeLinear as quantizeLinearNode,
  reciprocal,
  reduceLast,
  scalar,
  sqrt,
  sub,
} from '../graph/ops.ts';
import type { ActivationRanges } from './activation-ranges.ts';
import type { EncoderParts } from './encoder.ts';
import { type InputQuantization, inputQuantization, quantizeLinear, quantizeRows } from './weight-quantization.ts';

/** An input as bytes, ready for every linear layer that reads it. */
interface Bytes {
  readonly value: Value;
  readonly quantization: InputQuantization;
}

/**
 * The encoder for serving: int8 products with fixed input steps, so that no number depends on what else is in the batch
 * (docs/model.md), and fused operators where they are faster than what they replace. Embedding tables stay int8 as well.
 */
export function int8Parts(
  g: GraphBuilder,
  config: EncoderConfig,
  mask: Value,
  parameters: Parameters,
  ranges: ActivationRanges,
): EncoderParts {
  const vector = (name: string): Value => g.constant(name, parameter(parameters, name).shape, parameter(parameters, name).data);
  const unit = scalar(g, 'unit', Float32Array.of(1));
  const keys = cast(g, mask, 'int32');

  const quantizationOf = (layer: string): InputQuantization => {
    const range = ranges.get(layer);
    if (range === undefined) throw new Error(`no activation range for ${layer}`);
    return inputQuantization(range);
  };
  /** x (batch, tokens, width) float -> uint8 */
  const bytes = (x: Value, layer: string): Bytes => {
    const quantization = quantizationOf(layer);
    const inverse = g.constant(
      `${layer}.steps`,
      [quantization.steps.length],
      quantization.steps.map((s) => 1 / s),
    );
    return { value: quantizeLinearNode(g, mul(g, x, inverse), unit, quantization.zeroPoint), quantization };
  };
  /** (batch, tokens, in) -> (batch, tokens, out); the bias is left to the caller where another operator adds it faster. */
  const product = (x: Bytes, layer: string, bias?: Value): Value => {
    const { shape, data } = parameter(parameters, `${layer}.weight`);
    const [outputs = 0, inputs = 0] = shape;
    const quantized = quantizeLinear(data, outputs, x.quantization.steps);
    const weight = g.constant(`${layer}.weight`, [inputs, outputs], quantized.data);
    const scales = g.constant(`${layer}.scales`, [outputs], quantized.scales);
    const zeroPoint = g.constant(`${layer}.zero`, [], Uint8Array.of(x.quantization.zeroPoint));
    return matmulIntegerToFloat(g, { value: x.value, scale: unit, zeroPoint }, { value: weight, scales }, bias);
  };
  const norm = (x: Value, name: string): Value => layerNorm(g, config, x, parameters, name);

  return {
    rows: (table, ids) => quantizedRows(g, parameters, table, ids),
    norm,
    linears: (x, layers) => {
      const shared = bytes(x, layers[0] ?? '');
      return layers.map((layer) => product(shared, layer, vector(`${layer}.bias`)));
    },
    attend: (query, key, value) => multiHeadAttention(g, query, key, value, keys, config.heads),
    linearGelu: (x, layer) => fastGelu(g, product(bytes(x, layer), layer), vector(`${layer}.bias`)),
    linearAddNorm: (x, layer, skip, name) => norm(add(g, product(bytes(x, layer), layer, vector(`${layer}.bias`)), skip), name),
  };
}

/** Rows of a table kept as int8 with one scale a row: (batch, tokens) -> (batch, tokens, hidden) */
function quantizedRows(g: GraphBuilder, parameters: Parameters, table: string, ids: Value): Value {
  const { shape, data } = parameter(parameters, `${table}.weight`);
  const [rows = 0, width = 0] = shape;
  const quantized = quantizeRows(data, rows);
  const integers = gather(g, g.constant(table, [rows, width], quantized.data), ids);
  const scales = gather(g, g.constant(`${table}.scales`, [rows, 1], quantized.scales), ids); // (batch, tokens, 1)
  return mul(g, cast(g, integers, 'float32'), scales);
}

/**
 * LayerNorm in vectorised steps: ONNX Runtime's LayerNormalization and SkipLayerNormalization walk a row element by element on
 * the CPU and took 14 % of the model's time where these steps take 6 %. With c = x - mean: c * sqrt(width / (sum c^2 + width epsilon)) * gain + bias
 */
function layerNorm(g: GraphBuilder, config: EncoderConfig, x: Value, parameters: Parameters, name: string): Value {
  const width = config.hidden;
  const centred = sub(g, x, reduceLast(g, 'ReduceMean', x));
  const spread = add(
    g,
    reduceLast(g, 'ReduceSumSquare', centred),
    scalar(g, 'epsilon', Float32Array.of(config.layerNormEpsilon * width)),
  );
  const unitLength = mul(g, centred, reciprocal(g, sqrt(g, spread)));
  const gain = parameter(parameters, `${name}.weight`).data.map((x) => x * Math.sqrt(width));
  const bias = parameter(parameters, `${name}.bias`).data;
  return add(g, mul(g, unitLength, g.constant(`${name}.gain`, [width], gain)), g.constant(`${name}.bias`, [width], bias));
}
