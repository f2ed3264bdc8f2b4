import { Tokenizer } from '@huggingface/tokenizers';
import type { Family } from '../checkpoint/encoder-config.ts';
import { prepareText } from '../text-preparation.ts';
import type { Tokens } from './batches.ts';

/** The two parsed files that define a tokenizer. */
export interface TokenizerFiles {
  readonly tokenizer: object;
  readonly tokenizerConfig: object;
}

/** From a text, and the entity in it that is asked about, if any, to tokens. Pure. */
export type TextEncoder = (text: string, entity?: string) => Tokens;

/** Share of `maxTokens` that an entity may take: a name is short, and the text must not be driven out by a long one. */
const ENTITY_SHARE = 0.25;

/**
 * Special tokens included, at most `maxTokens`: a longer text loses its end but keeps its last special token, and the entity
 * stays. Text and entity are a pair in the family's format: BERT `[CLS] text [SEP] entity [SEP]`, the second of segment 1;
 * RoBERTa `<s> text </s></s> entity </s>`, which knows one segment only. An entity that is blank once prepared is none.
 */
export function createTextEncoder(files: TokenizerFiles, family: Family, maxTokens: number): TextEncoder {
  const tokenizer = new Tokenizer(files.tokenizer, files.tokenizerConfig);
  return (text, entity = '') => {
    const prepared = prepareText(text);
    const first = tokenizer.encode(prepared).ids;
    const about = prepareText(entity);
    if (about === '') return { ids: cut(first, maxTokens) };
    // The pair begins as the text alone does, in both families.
    const pair = tokenizer.encode(prepared, { text_pair: about }).ids;
    const kept = cut(pair.slice(first.length), Math.floor(maxTokens * ENTITY_SHARE));
    const before = cut(first, maxTokens - kept.length);
    const ids = [...before, ...kept];
    const second = before.length;
    return family === 'bert' ? { ids, types: ids.map((_, i) => (i < second ? 0 : 1)), second } : { ids, second };
  };
}

/** The same from the texts of the two files. Throws a SyntaxError when one is no JSON. */
export function openTextEncoder(
  { tokenizer, tokenizerConfig }: { readonly tokenizer: string; readonly tokenizerConfig: string },
  family: Family,
  maxTokens: number,
): TextEncoder {
  return createTextEncoder({ tokenizer: JSON.parse(tokenizer), tokenizerConfig: JSON.parse(tokenizerConfig) }, family, maxTokens);
}

/** Without what stands before the last token, as far as needed. */
function cut(ids: readonly number[], length: number): readonly number[] {
  return ids.length <= length ? ids : [...ids.slice(0, length - 1), ids.at(-1) ?? 0];
}
