import type { EncodedBatch } from './port.ts';

/** A text, or a text and what is asked about, as the model reads it. */
export interface Tokens {
  /** Special tokens included. */
  readonly ids: readonly number[];
  /** Segment of each token; all of segment 0 when left out. */
  readonly types?: readonly number[];
  /** Of a pair: where the second part begins. */
  readonly second?: number;
}

/**
 * Cuts texts into batches: sorted by length, so that little is padded, and cut by the number of padded tokens. Returns
 * indices into `lengths`; every index occurs once; a text longer than the budget is a batch of its own. Ties keep their order.
 */
export function cutBatches(lengths: readonly number[], maxBatchTokens: number): readonly (readonly number[])[] {
  const order = lengths.map((_, index) => index).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
  const batches: number[][] = [];
  let current: number[] = [];
  for (const index of order) {
    // The order ascends, so the text to add is the longest and decides the width of the batch.
    if (current.length > 0 && (current.length + 1) * (lengths[index] ?? 0) > maxBatchTokens) {
      batches.push(current);
      current = [];
    }
    current.push(index);
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

/** Pads texts at the end with `padId` to the longest, or to `width` when that is more. */
export function padBatch(texts: readonly Tokens[], padId: number, width = 0): EncodedBatch {
  const tokens = texts.reduce((most, { ids }) => Math.max(most, ids.length), width);
  const size = texts.length * tokens;
  const ids = new BigInt64Array(size).fill(BigInt(padId));
  const mask = new BigInt64Array(size);
  const types = new BigInt64Array(size);
  const pooled = new BigInt64Array(size);
  for (const [row, text] of texts.entries()) {
    for (const [column, id] of text.ids.entries()) {
      ids[row * tokens + column] = BigInt(id);
      mask[row * tokens + column] = 1n;
      types[row * tokens + column] = BigInt(text.types?.[column] ?? 0);
      pooled[row * tokens + column] = column < firstPooled(text) ? 0n : 1n;
    }
  }
  return { batch: texts.length, tokens, ids, mask, types, pooled };
}

/** The first token that the heads read, up to the last: of a pair its second part, which has attended to the first. */
export function firstPooled({ second = 0 }: Tokens): number {
  return second;
}
