import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { EncoderConfig, Family } from '../checkpoint/encoder-config.ts';
import { linear, type Parameter, type Parameters } from '../checkpoint/parameters.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import {
  differentiableLayerNormalization,
  gather,
  gelu,
  gemm,
  like,
  logSoftmax,
  mul,
  oneHot,
  reduceLast,
  reduceSum,
} from '../graph/ops.ts';
import { padBatch } from '../serving/batches.ts';
import type { Example } from './examples.ts';
import { initialWeights } from './initial-weights.ts';
import type { BatchInputs, EncodedTexts, Objective, ObjectiveBatch } from './objective.ts';

export interface MaskedWordSettings {
  /** Share of a text's tokens that are asked for. */
  readonly share: number;
  readonly maskId: number;
  /** Ids that are neither asked for nor put in another's place. */
  readonly special: readonly number[];
  readonly seed: number;
}

/** Names of the language model's head, as transformers' `...ForMaskedLM` has them; its last layer is the word table itself. */
const NAMES: Readonly<Record<Family, { readonly dense: string; readonly norm: string; readonly bias: string }>> = {
  bert: {
    dense: 'cls.predictions.transform.dense',
    norm: 'cls.predictions.transform.LayerNorm',
    bias: 'cls.predictions.bias',
  },
  roberta: { dense: 'lm_head.dense', norm: 'lm_head.layer_norm', bias: 'lm_head.bias' },
};

/** The parameters of the head, which follow the encoder's in the table. */
export function maskedWordParameters({ family, hidden, vocabulary }: EncoderConfig): readonly Parameter[] {
  const { dense, norm, bias } = NAMES[family];
  const vector = (name: string, length: number): Parameter => ({ name, shape: [length], decay: false });
  return [
    ...linear(dense, hidden, hidden),
    vector(`${norm}.weight`, hidden),
    vector(`${norm}.bias`, hidden),
    vector(bias, vocabulary),
  ];
}

/** A new head, for an encoder that came without one. */
export function initialMaskedWords(config: EncoderConfig, seed: number): Parameters {
  const { norm } = NAMES[config.family];
  const gain = { shape: [config.hidden], data: new Float32Array(config.hidden).fill(1) };
  return new Map([...initialWeights(maskedWordParameters(config), seed), [`${norm}.weight`, gain]]);
}

/** The output of evaluation: minus the log probability of each word that was asked for. */
export const WORD_LOSSES = 'word_losses';

/**
 * Masked language modelling (Devlin et al. 2019) with masks drawn anew at every step (Liu et al. 2019): of the tokens that are asked
 * for 80 % become the mask, 10 % another word, 10 % stay. The loss is the mean over a step's words, over the whole vocabulary.
 */
export function maskedWordObjective(settings: MaskedWordSettings): Objective {
  return {
    settings,
    evaluate(g, texts) {
      const { picked } = probabilities(g, texts);
      g.output(mul(g, picked, like(g, picked, -1)), WORD_LOSSES);
    },
    loss(g, texts) {
      const { picked } = probabilities(g, texts);
      const weights = g.input('masked_weights', 'float32', ['masked', 1]);
      const sum = reduceSum(g, mul(g, picked, weights), [0, 1]);
      return mul(g, sum, like(g, sum, -1));
    },
    batches(examples, config, draw) {
      const generator = xoroshiro128plus(settings.seed ^ Math.imul(draw + 1, 0x9e3779b9));
      const masked = examples.map((rows) => masking(rows, config, settings, generator));
      const words = masked.reduce((sum, { ids }) => sum + ids.length, 0);
      return masked.map(({ batch, rows, ids }): ObjectiveBatch => {
        const weights = new Float32Array(ids.length).fill(1 / words);
        const inputs: BatchInputs = new Map([
          ['masked_rows', { data: BigInt64Array.from(rows, BigInt), shape: [rows.length] }],
          ['masked_ids', { data: BigInt64Array.from(ids, BigInt), shape: [ids.length] }],
          ['masked_weights', { data: weights, shape: [ids.length, 1] }] as const,
        ] as const);
        return { batch, inputs };
      });
    },
  };
}

/** Log probabilities of the words that are asked for: (masked, 1) */
function probabilities(g: GraphBuilder, { config, last, parameter }: EncodedTexts): { readonly picked: Value } {
  const { dense, norm, bias } = NAMES[config.family];
  const rows = g.input('masked_rows', 'int64', ['masked']);
  const ids = g.input('masked_ids', 'int64', ['masked']);
  const states = gather(g, last, rows); // (masked, hidden)
  const inner = gelu(g, gemm(g, states, parameter(`${dense}.weight`), { bias: parameter(`${dense}.bias`), transB: true }));
  const normal = differentiableLayerNormalization(
    g,
    inner,
    parameter(`${norm}.weight`),
    parameter(`${norm}.bias`),
    config.layerNormEpsilon,
  );
  const table = parameter('embeddings.word_embeddings.weight');
  const logits = gemm(g, normal, table, { bias: parameter(bias), transB: true }); // (masked, vocabulary)
  const wanted = oneHot(g, ids, config.vocabulary);
  return { picked: reduceLast(g, 'ReduceSum', mul(g, wanted, logSoftmax(g, logits))) };
}

interface Masked {
  readonly batch: ObjectiveBatch['batch'];
  /** Among all tokens of the batch below each other. */
  readonly rows: readonly number[];
  /** What stood there. */
  readonly ids: readonly number[];
}

function masking(
  examples: readonly Example[],
  { vocabulary, padId }: EncoderConfig,
  { share, maskId, special }: MaskedWordSettings,
  generator: ReturnType<typeof xoroshiro128plus>,
): Masked {
  const kept = new Set(special);
  const width = examples.reduce((most, { ids }) => Math.max(most, ids.length), 0);
  const rows: number[] = [];
  const asked: number[] = [];
  const another = (): number => {
    for (;;) {
      const id = uniformInt(generator, 0, vocabulary - 1);
      if (!kept.has(id)) return id;
    }
  };
  const texts = examples.map((example, row) => ({
    ...example,
    ids: example.ids.map((id, column) => {
      if (kept.has(id) || uniformFloat64(generator) >= share) return id;
      rows.push(row * width + column);
      asked.push(id);
      const kind = uniformFloat64(generator);
      return kind < 0.8 ? maskId : kind < 0.9 ? another() : id;
    }),
  }));
  return { batch: padBatch(texts, padId), rows, ids: asked };
}
