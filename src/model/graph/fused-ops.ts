import type { GraphBuilder, Value } from './graph.ts';
import { int, one } from './ops.ts';

/** Operators that ONNX Runtime's CPU provider adds to ONNX (domain com.microsoft), for serving graphs only. */
const DOMAIN = 'com.microsoft';

/**
 * Bytes times bytes, summed exactly in 32 bits, then to float: x (..., k) uint8, w (k, n) int8 -> (..., n)
 * `(x - xZero) w * xScale * wScales[n] + bias[n]`
 */
export function matmulIntegerToFloat(
  g: GraphBuilder,
  x: { readonly value: Value; readonly scale: Value; readonly zeroPoint: Value },
  w: { readonly value: Value; readonly scales: Value },
  bias?: Value,
): Value {
  const [k, n] = w.value.shape;
  if (n === undefined || x.value.shape.at(-1) !== k) throw new Error(`[${x.value.shape}] x [${w.value.shape}]`);
  const inputs = [x.value, w.value, x.scale, w.scales, x.zeroPoint, undefined, bias];
  return one(g, 'MatMulIntegerToFloat', inputs, { type: 'float32', shape: [...x.value.shape.slice(0, -1), n] }, {}, DOMAIN);
}

/** GELU by its tanh approximation, of x + bias. */
export function fastGelu(g: GraphBuilder, x: Value, bias: Value): Value {
  return one(g, 'FastGelu', [x, bias], { type: x.type, shape: x.shape }, {}, DOMAIN);
}

/** Attention of all heads, three times (batch, tokens, hidden) -> (batch, tokens, hidden); mask (batch, tokens) int32, 0 for padding. */
export function multiHeadAttention(g: GraphBuilder, query: Value, key: Value, value: Value, mask: Value, heads: number): Value {
  const attributes = { num_heads: int(heads) };
  return one(
    g,
    'MultiHeadAttention',
    [query, key, value, undefined, mask],
    { type: 'float32', shape: query.shape },
    attributes,
    DOMAIN,
  );
}
