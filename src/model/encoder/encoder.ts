import { type EncoderConfig, firstPosition } from '../checkpoint/encoder-config.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import { add, cast, cumulativeSum, equal, mul, not, scalar, sub } from '../graph/ops.ts';

/** What the model is run on, one row a text. All int64. */
export interface EncoderInputs {
  /** (batch, tokens), padded at the end with the configuration's padId. */
  readonly ids: Value;
  /** (batch, tokens), 1 for a token of the text, 0 for padding. */
  readonly mask: Value;
  /** (batch, tokens), which segment a token belongs to; all 0 for a single text. */
  readonly types: Value;
}

/**
 * How the steps of the encoder are realised: plain operators for evaluation (and for differentiation), int8 and fused ones
 * for serving. Parameters are asked for by the names of the parameter table, without `.weight` and `.bias`. In every
 * comment x is (batch, tokens, width).
 */
export interface EncoderParts {
  /** Rows of an embedding table: (batch, tokens) -> (batch, tokens, hidden) */
  rows(table: string, ids: Value): Value;
  /** LayerNorm over the last axis. */
  norm(x: Value, norm: string): Value;
  /** Linear layers on one input: x -> (batch, tokens, out) each */
  linears(x: Value, layers: readonly string[]): readonly Value[];
  /** Scaled dot-product attention of all heads: three times (batch, tokens, hidden) -> (batch, tokens, hidden) */
  attend(query: Value, key: Value, value: Value): Value;
  /** gelu(linear(x)) */
  linearGelu(x: Value, layer: string): Value;
  /** norm(linear(x) + skip) */
  linearAddNorm(x: Value, layer: string, skip: Value, norm: string): Value;
}

/** Declares the three inputs. */
export function encoderInputs(g: GraphBuilder): EncoderInputs {
  const shape = ['batch', 'tokens'];
  return {
    ids: g.input('input_ids', 'int64', shape),
    mask: g.input('attention_mask', 'int64', shape),
    types: g.input('token_type_ids', 'int64', shape),
  };
}

/**
 * The post-norm transformer of BERT and RoBERTa, defined once. Returns the hidden states, (batch, tokens, hidden) each:
 * the embeddings, then the result of every layer.
 */
export function buildEncoder(
  g: GraphBuilder,
  config: EncoderConfig,
  inputs: EncoderInputs,
  parts: EncoderParts,
): readonly Value[] {
  const words = parts.rows('embeddings.word_embeddings', inputs.ids);
  const types = parts.rows('embeddings.token_type_embeddings', inputs.types);
  const places = parts.rows('embeddings.position_embeddings', positions(g, config, inputs.ids));
  let x = parts.norm(add(g, add(g, words, types), places), 'embeddings.LayerNorm');
  const states = [x];
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `encoder.layer.${layer}`;
    const self = `${at}.attention.self`;
    const [query, key, value] = parts.linears(x, [`${self}.query`, `${self}.key`, `${self}.value`]);
    if (query === undefined || key === undefined || value === undefined)
      throw new Error('linears gave fewer values than asked for');
    const context = parts.attend(query, key, value);
    const attended = parts.linearAddNorm(context, `${at}.attention.output.dense`, x, `${at}.attention.output.LayerNorm`);
    const inner = parts.linearGelu(attended, `${at}.intermediate.dense`); // (batch, tokens, intermediate)
    x = parts.linearAddNorm(inner, `${at}.output.dense`, attended, `${at}.output.LayerNorm`);
    states.push(x);
  }
  return states;
}

/**
 * Rows of the position table, (batch, tokens). BERT: 0, 1, 2, ... whatever the tokens are. RoBERTa, as transformers does it:
 * padId for padding, and padId + 1, padId + 2, ... for the other tokens.
 */
function positions(g: GraphBuilder, config: EncoderConfig, ids: Value): Value {
  const one = scalar(g, 'one', BigInt64Array.of(1n));
  if (config.family === 'bert') return sub(g, cumulativeSum(g, cast(g, equal(g, ids, ids), 'int64'), 1), one);
  const pad = scalar(g, 'pad_id', BigInt64Array.of(BigInt(config.padId)));
  const real = cast(g, not(g, equal(g, ids, pad)), 'int64');
  const before = scalar(g, 'before_first', BigInt64Array.of(BigInt(firstPosition(config) - 1)));
  return add(g, mul(g, cumulativeSum(g, real, 1), real), before);
}
