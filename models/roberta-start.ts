import { type Checkpoint, withConfig } from '../src/model/checkpoint/checkpoint-folder.ts';
import { type EncoderConfig, firstPosition } from '../src/model/checkpoint/encoder-config.ts';
import { parameter } from '../src/model/checkpoint/parameters.ts';
import type { Tensor } from '../src/model/checkpoint/safetensors.ts';
import { openTextEncoder } from '../src/model/serving/text-encoder.ts';
import { piecesOf } from './word-pieces.ts';

type TokenizerTexts = Pick<Checkpoint, 'tokenizer' | 'tokenizerConfig'>;

/** A byte-level BPE tokenizer as `tokenizer.json` has it. */
interface BpeTokenizer {
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly string[] };
}

/** RoBERTa's special tokens, and BERT's that stand for the same. */
const SPECIAL = new Map([
  ['<s>', '[CLS]'],
  ['<pad>', '[PAD]'],
  ['</s>', '[SEP]'],
  ['<unk>', '[UNK]'],
  ['<mask>', '[MASK]'],
]);

/** A token that texts use less often is no part of the vocabulary: its text is made of smaller ones, at last of bytes. */
const LEAST_USES = 2;
const MOST_TOKENS = 512;

/**
 * A RoBERTa with the layers of a BERT: the words of a byte-level vocabulary begin as the mean of the word pieces of their text, and
 * positions two rows on. Of RoBERTa's vocabulary it has what `texts` use, and every byte. BERT's second segment is lost.
 */
export function robertaStart(bert: Checkpoint, tokenizer: TokenizerTexts, texts: readonly string[]): Checkpoint {
  const kept = prunedTokenizer(JSON.parse(tokenizer.tokenizer), usesOf(tokenizer, texts));
  const { vocab } = kept.model;
  const size = Object.keys(vocab).length;
  const positions = bert.config.maxPositions + 2;
  const fields = { model_type: 'roberta', architectures: ['RobertaModel'], vocab_size: size, max_position_embeddings: positions };
  const more = { type_vocab_size: 1, pad_token_id: vocab['<pad>'], bos_token_id: vocab['<s>'], eos_token_id: vocab['</s>'] };
  const { config, configText } = withConfig(bert, { ...fields, ...more });
  const table = (name: string): Tensor => parameter(bert.parameters, `embeddings.${name}_embeddings.weight`);
  const parameters = new Map([
    ...bert.parameters,
    ['embeddings.word_embeddings.weight', words(vocab, bert, table('word'))],
    ['embeddings.position_embeddings.weight', shifted(table('position'), config)],
    [
      'embeddings.token_type_embeddings.weight',
      { shape: [1, config.hidden], data: table('token_type').data.slice(0, config.hidden) },
    ],
  ]);
  return { config, configText, tokenizer: JSON.stringify(kept), tokenizerConfig: tokenizer.tokenizerConfig, parameters };
}

/** How often each token occurs. */
function usesOf(tokenizer: TokenizerTexts, texts: readonly string[]): ReadonlyMap<number, number> {
  const encode = openTextEncoder(tokenizer, 'roberta', MOST_TOKENS);
  const uses = new Map<number, number>();
  for (const text of texts) for (const id of encode(text).ids) uses.set(id, (uses.get(id) ?? 0) + 1);
  return uses;
}

/** The tokens that are used, what they are merged from, and bytes; in the order that they had. */
function prunedTokenizer(full: BpeTokenizer, uses: ReadonlyMap<number, number>): BpeTokenizer {
  const { vocab, merges } = full.model;
  const special = new Set(full.added_tokens.map(({ content }) => content));
  const isKept = ([token, id]: [string, number]): boolean =>
    special.has(token) || [...token].length === 1 || (uses.get(id) ?? 0) >= LEAST_USES;
  const kept = new Set(
    Object.entries(vocab)
      .filter(isKept)
      .map(([token]) => token),
  );
  // A later merge may be of what an earlier one made.
  const keptMerges = merges.toReversed().filter((merge) => {
    const parts = merge.split(' ');
    if (!kept.has(parts.join(''))) return false;
    for (const part of parts) kept.add(part);
    return true;
  });
  const order = [...kept].sort((a, b) => (vocab[a] ?? 0) - (vocab[b] ?? 0));
  const numbered = Object.fromEntries(order.map((token, id) => [token, id]));
  return {
    ...full,
    added_tokens: full.added_tokens.map((token) => ({ ...token, id: numbered[token.content] ?? token.id })),
    model: { ...full.model, vocab: numbered, merges: keptMerges.toReversed() },
  };
}

/** The mean of the word pieces of each token: (tokens, hidden) */
function words(vocab: Readonly<Record<string, number>>, bert: Checkpoint, table: Tensor): Tensor {
  const { hidden } = bert.config;
  const tokens = Object.entries(vocab);
  const data = new Float32Array(tokens.length * hidden);
  const ofText = piecesOf(bert);
  for (const [token, id] of tokens) {
    const pieces = ofText(SPECIAL.get(token) ?? token);
    for (const piece of pieces)
      for (let i = 0; i < hidden; i++)
        data[id * hidden + i] = (data[id * hidden + i] ?? 0) + (table.data[piece * hidden + i] ?? 0) / pieces.length;
  }
  return { shape: [tokens.length, hidden], data };
}

/** Rows before a text's first position are never read: they are 0. */
function shifted({ data }: Tensor, config: EncoderConfig): Tensor {
  const rows = new Float32Array(config.maxPositions * config.hidden);
  rows.set(data, firstPosition(config) * config.hidden);
  return { shape: [config.maxPositions, config.hidden], data: rows };
}
