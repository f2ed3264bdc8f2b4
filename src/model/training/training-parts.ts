import type { EncoderConfig } from '../checkpoint/encoder-config.ts';
import type { EncoderInputs, EncoderParts } from '../encoder/encoder.ts';
import { maskBias, type ParameterValue } from '../encoder/plain-parts.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import {
  add,
  differentiableLayerNormalization,
  dropout,
  gather,
  gelu,
  gemm,
  like,
  matmul,
  mul,
  scalar,
  softmax,
} from '../graph/ops.ts';
import { concat, reshape, reshapeTo, shapeOf, transpose } from '../graph/shape-ops.ts';

/** Shares of elements that are dropped while training. 0 leaves dropout out of the graph. */
export interface DropoutRates {
  readonly hidden: number;
  readonly attention: number;
  readonly classifier: number;
}

/** Makes a value drop a share of its elements; every call draws for itself. */
export type Drop = (x: Value, rate: keyof DropoutRates | number) => Value;

/** Seeds follow each other from `seed` on, one for each place of the graph. */
export function dropIn(g: GraphBuilder, rates: DropoutRates, seed: number): Drop {
  let next = seed;
  return (x, rate) => {
    const share = typeof rate === 'number' ? rate : rates[rate];
    return share === 0 ? x : dropout(g, x, like(g, x, share), next++);
  };
}

/** Adapters of linear layers: which have one, and what it is scaled by. */
export interface Adapters {
  readonly layers: ReadonlySet<string>;
  readonly scale: number;
  readonly dropout: number;
}

/**
 * The encoder in fp32 by operators that have gradients. Tokens of all texts stand below each other, (rows, width) with
 * rows = batch * tokens, so that a linear layer and each of its gradients is one matrix product. `words` (batch, tokens) are
 * the rows of the word table: the ids, or places among a batch's own words.
 */
export function trainingParts(
  g: GraphBuilder,
  config: EncoderConfig,
  { ids, mask, words }: EncoderInputs & { readonly words: Value },
  parameter: ParameterValue,
  drop: Drop,
  adapters: Adapters | undefined,
): EncoderParts {
  const bias = maskBias(g, mask);
  const linear = (x: Value, name: string): Value => {
    const y = gemm(g, x, parameter(`${name}.weight`), { bias: parameter(`${name}.bias`), transB: true });
    if (adapters?.layers.has(name) !== true) return y;
    const inner = gemm(g, drop(x, adapters.dropout), parameter(`${name}.lora_a`), { transB: true }); // (rows, rank)
    const change = gemm(g, inner, parameter(`${name}.lora_b`), { transB: true });
    return add(g, y, mul(g, change, like(g, change, adapters.scale)));
  };
  const norm = (x: Value, name: string): Value =>
    differentiableLayerNormalization(g, x, parameter(`${name}.weight`), parameter(`${name}.bias`), config.layerNormEpsilon);
  const heads = headShape(g, config, ids);
  return {
    rows: (table, of) =>
      reshape(g, gather(g, parameter(`${table}.weight`), of === ids ? words : of), [-1, config.hidden], 'rows'),
    norm: (x, name) => (name === 'embeddings.LayerNorm' ? drop(norm(x, name), 'hidden') : norm(x, name)),
    linears: (x, layers) => layers.map((layer) => linear(x, layer)),
    attend: (query, key, value) => attend(g, config, { query, key, value, bias, heads, drop }),
    linearGelu: (x, layer) => gelu(g, linear(x, layer)),
    linearAddNorm: (x, layer, skip, name) => norm(add(g, drop(linear(x, layer), 'hidden'), skip), name),
  };
}

/** The shape (batch, tokens, heads, size), as a tensor. */
function headShape(g: GraphBuilder, { hidden, heads }: EncoderConfig, ids: Value): Value {
  const sizes = g.constant('head_sizes', [2], BigInt64Array.of(BigInt(heads), BigInt(hidden / heads)));
  return concat(g, [shapeOf(g, ids), sizes]);
}

interface Attention {
  /** Three times (rows, hidden). */
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  /** (batch, 1, 1, tokens) */
  readonly bias: Value;
  readonly heads: Value;
  readonly drop: Drop;
}

function attend(g: GraphBuilder, config: EncoderConfig, { query, key, value, bias, heads, drop }: Attention): Value {
  const size = config.hidden / config.heads;
  const split = (x: Value, order: readonly number[]): Value =>
    transpose(g, reshapeTo(g, x, heads, ['batch', 'tokens', config.heads, size]), order);
  const scaled = mul(g, split(query, [0, 2, 1, 3]), scalar(g, 'scale', Float32Array.of(1 / Math.sqrt(size))));
  const scores = matmul(g, scaled, split(key, [0, 2, 3, 1])); // (batch, heads, tokens, tokens)
  const weights = drop(softmax(g, add(g, scores, bias)), 'attention');
  const context = matmul(g, weights, split(value, [0, 2, 1, 3])); // (batch, heads, tokens, size)
  return reshape(g, transpose(g, context, [0, 2, 1, 3]), [-1, config.hidden], 'rows');
}
