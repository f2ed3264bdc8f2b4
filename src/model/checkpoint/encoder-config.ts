import { z } from 'zod';
import { BarographError } from '../../domain/errors.ts';

export type Family = 'roberta' | 'bert';

/** The shape of a post-norm encoder. Both families are the same network but for positions and the classification head. */
export interface EncoderConfig {
  readonly family: Family;
  readonly vocabulary: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediate: number;
  /** Rows of the position table; RoBERTa can use `maxPositions - padId - 1` of them, BERT all. */
  readonly maxPositions: number;
  readonly tokenTypes: number;
  readonly padId: number;
  readonly layerNormEpsilon: number;
}

const count = z.number().int().positive();
const schema = z.object({
  model_type: z.enum(['roberta', 'xlm-roberta', 'bert']),
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  intermediate_size: count,
  max_position_embeddings: count,
  type_vocab_size: count,
  pad_token_id: z.number().int().nonnegative().optional(),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_act: z.literal('gelu').default('gelu'),
  position_embedding_type: z.literal('absolute').default('absolute'),
  is_decoder: z.literal(false).default(false),
});

/** Reads a Hugging Face `config.json` that was parsed already. Throws E_CHECKPOINT_INVALID naming the field. */
export function parseEncoderConfig(json: unknown, path: string): EncoderConfig {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    throw new BarographError('E_CHECKPOINT_INVALID', `${path}: ${z.prettifyError(parsed.error)}`, { facts: { path } });
  }
  const fields = parsed.data;
  const family = fields.model_type === 'bert' ? 'bert' : 'roberta';
  if (fields.hidden_size % fields.num_attention_heads !== 0) {
    const message = `${path}: hidden_size ${fields.hidden_size} is no multiple of num_attention_heads ${fields.num_attention_heads}`;
    throw new BarographError('E_CHECKPOINT_INVALID', message, { facts: { path } });
  }
  return {
    family,
    vocabulary: fields.vocab_size,
    hidden: fields.hidden_size,
    layers: fields.num_hidden_layers,
    heads: fields.num_attention_heads,
    intermediate: fields.intermediate_size,
    maxPositions: fields.max_position_embeddings,
    tokenTypes: fields.type_vocab_size,
    padId: fields.pad_token_id ?? (family === 'bert' ? 0 : 1), // the defaults of transformers' BertConfig and RobertaConfig
    layerNormEpsilon: fields.layer_norm_eps,
  };
}

/** Position of a text's first token in the position table: RoBERTa counts from the row after the padding's. */
export function firstPosition(config: EncoderConfig): number {
  return config.family === 'roberta' ? config.padId + 1 : 0;
}

/** The most tokens a text may have, special tokens included. */
export function maxTokens(config: EncoderConfig): number {
  return config.maxPositions - firstPosition(config);
}
