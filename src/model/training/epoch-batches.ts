import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface BatchLimits {
  readonly maxRows: number;
  /** Padded tokens. */
  readonly maxTokens: number;
}

/** Batches whose texts are sorted together: enough that little is padded, few enough that they differ from epoch to epoch. */
const BATCHES_SORTED_TOGETHER = 50;

/**
 * One epoch of batches, as indices into `lengths`: all texts in random order, sorted by length in large pieces, cut by rows and
 * padded tokens, the batches in random order. Every index occurs once. Decided by seed and epoch alone.
 */
export function epochBatches(
  lengths: readonly number[],
  { maxRows, maxTokens }: BatchLimits,
  seed: number,
  epoch: number,
): readonly (readonly number[])[] {
  const draw = drawing(seed, epoch);
  const order = shuffled(
    lengths.map((_, index) => index),
    draw,
  );
  const batches: number[][] = [];
  const piece = BATCHES_SORTED_TOGETHER * maxRows;
  for (let from = 0; from < order.length; from += piece) {
    const sorted = order.slice(from, from + piece).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
    let batch: number[] = [];
    for (const index of sorted) {
      // Sorted upwards: the text to add is the longest and decides the width.
      const full = batch.length >= maxRows || (batch.length + 1) * (lengths[index] ?? 0) > maxTokens;
      if (full && batch.length > 0) {
        batches.push(batch);
        batch = [];
      }
      batch.push(index);
    }
    if (batch.length > 0) batches.push(batch);
  }
  return shuffled(batches, draw);
}

/** Whole numbers from 0 up to, not including, a bound. */
type Draw = (bound: number) => number;

function drawing(seed: number, epoch: number): Draw {
  const generator = xoroshiro128plus(seed ^ Math.imul(epoch + 1, 0x9e3779b9));
  return (bound) => uniformInt(generator, 0, bound - 1);
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], draw: Draw): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = draw(i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
