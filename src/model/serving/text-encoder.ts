import { Tokenizer } from '@huggingface/tokenizers';
import { prepareText } from '../text-preparation.ts';
import type { TokenIds } from './batches.ts';

/** The two parsed files that define a tokenizer. */
export interface TokenizerFiles {
  readonly tokenizer: object;
  readonly tokenizerConfig: object;
}

/**
 * From a text to its token ids, special tokens included, at most `maxTokens`: a longer text loses its end but keeps its last
 * special token. Pure.
 */
export function createTextEncoder(files: TokenizerFiles, maxTokens: number): (text: string) => TokenIds {
  const tokenizer = new Tokenizer(files.tokenizer, files.tokenizerConfig);
  return (text) => {
    const { ids } = tokenizer.encode(prepareText(text));
    if (ids.length <= maxTokens) return ids;
    return [...ids.slice(0, maxTokens - 1), ids.at(-1) ?? 0];
  };
}
