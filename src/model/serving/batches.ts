import type { EncodedBatch } from './port.ts';

/** Token ids of a text, special tokens included. */
export type TokenIds = readonly number[];

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

/** Pads texts at the end with `padId` to the longest, or to `width` when that is more. All of one segment. */
export function padBatch(texts: readonly TokenIds[], padId: number, width = 0): EncodedBatch {
  const tokens = texts.reduce((most, text) => Math.max(most, text.length), width);
  const size = texts.length * tokens;
  const ids = new BigInt64Array(size).fill(BigInt(padId));
  const mask = new BigInt64Array(size);
  for (const [row, text] of texts.entries()) {
    for (const [column, id] of text.entries()) {
      ids[row * tokens + column] = BigInt(id);
      mask[row * tokens + column] = 1n;
    }
  }
  return { batch: texts.length, tokens, ids, mask, types: new BigInt64Array(size) };
}
