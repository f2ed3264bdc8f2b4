import { BarographError } from '../../domain/errors.ts';
import type { EncoderConfig } from './encoder-config.ts';
import type { Tensor, TensorSource } from './safetensors.ts';

/** One parameter: its name in a Hugging Face checkpoint without the family's prefix, its shape, and whether weight decay applies. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly decay: boolean;
}

/** Parameters by name, each finite and of the table's shape. */
export type Parameters = ReadonlyMap<string, Tensor>;

const matrix = (name: string, shape: readonly number[]): Parameter => ({ name, shape, decay: true });
const vector = (name: string, length: number): Parameter => ({ name, shape: [length], decay: false });
// Hugging Face keeps a linear layer as (out, in).
export const linear = (name: string, inputs: number, outputs: number): Parameter[] => [
  matrix(`${name}.weight`, [outputs, inputs]),
  vector(`${name}.bias`, outputs),
];
const norm = (name: string, width: number): Parameter[] => [vector(`${name}.weight`, width), vector(`${name}.bias`, width)];

/** The encoder's parameters in the one order that sizes, loading, saving and the optimiser use. */
export function encoderParameters(config: EncoderConfig): readonly Parameter[] {
  const { hidden, intermediate } = config;
  const table = [
    matrix('embeddings.word_embeddings.weight', [config.vocabulary, hidden]),
    matrix('embeddings.position_embeddings.weight', [config.maxPositions, hidden]),
    matrix('embeddings.token_type_embeddings.weight', [config.tokenTypes, hidden]),
    ...norm('embeddings.LayerNorm', hidden),
  ];
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `encoder.layer.${layer}`;
    table.push(
      ...linear(`${at}.attention.self.query`, hidden, hidden),
      ...linear(`${at}.attention.self.key`, hidden, hidden),
      ...linear(`${at}.attention.self.value`, hidden, hidden),
      ...linear(`${at}.attention.output.dense`, hidden, hidden),
      ...norm(`${at}.attention.output.LayerNorm`, hidden),
      ...linear(`${at}.intermediate.dense`, hidden, intermediate),
      ...linear(`${at}.output.dense`, intermediate, hidden),
      ...norm(`${at}.output.LayerNorm`, hidden),
    );
  }
  return table;
}

/** The parameters of transformers' `...ForSequenceClassification` on top of the encoder (BERT's first layer is its pooler). */
export function classificationParameters(config: EncoderConfig, labels: number): readonly Parameter[] {
  const { hidden } = config;
  return config.family === 'roberta'
    ? [...linear('classifier.dense', hidden, hidden), ...linear('classifier.out_proj', hidden, labels)]
    : [...linear('pooler.dense', hidden, hidden), ...linear('classifier', hidden, labels)];
}

/**
 * Reads the parameters of a table, with or without the prefix `roberta.` or `bert.` (checkpoints of bare encoders have none).
 * What the table does not list (a pooler, a language model's head) is left unread. Throws E_CHECKPOINT_INVALID naming the tensor.
 */
export function loadParameters(source: TensorSource, table: readonly Parameter[]): Parameters {
  const names = new Set(source.names);
  const loaded = new Map<string, Tensor>();
  for (const { name, shape } of table) {
    const stored = [name, `roberta.${name}`, `bert.${name}`, legacyName(name), `bert.${legacyName(name)}`].find((n) =>
      names.has(n),
    );
    const tensor = source.read(stored ?? name);
    if (tensor.shape.length !== shape.length || tensor.shape.some((n, axis) => n !== shape[axis])) {
      const message = `${stored ?? name} has the shape [${tensor.shape}]; config.json asks for [${shape}]`;
      throw new BarographError('E_CHECKPOINT_INVALID', message, { facts: { tensor: stored ?? name } });
    }
    loaded.set(name, tensor);
  }
  return loaded;
}

// Checkpoints converted from TensorFlow name the two vectors of a norm gamma and beta.
const legacyName = (name: string): string =>
  name.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta');

/** A parameter that the table lists. A missing name is a bug of the caller, not bad input. */
export function parameter(parameters: Parameters, name: string): Tensor {
  const tensor = parameters.get(name);
  if (tensor === undefined) throw new Error(`the parameter table has no ${name}`);
  return tensor;
}
