import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { accuracyOf, macroF1Of } from './metrics.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface Intervals {
  readonly accuracy: Interval;
  readonly macroF1: Interval;
  /** Groups that were drawn from. */
  readonly groups: number;
}

const RESAMPLES = 1000;
const SEED = 1;

/**
 * 95 % intervals of accuracy and macro-F1 by the percentile bootstrap (Efron 1979) over groups: whole groups of near-duplicates
 * are drawn, since their members are right or wrong together. Deterministic. `predicted` and `labels` are class indices,
 * `groups` any number a row.
 */
export function bootstrapIntervals(
  predicted: readonly number[],
  labels: readonly number[],
  groups: readonly number[],
  classes: number,
): Intervals {
  const members = [...Map.groupBy(labels.keys(), (i) => groups[i] ?? i).values()];
  const generator = xoroshiro128plus(SEED);
  const accuracies: number[] = [];
  const scores: number[] = [];
  for (let n = 0; n < RESAMPLES; n += 1) {
    const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    for (let drawn = 0; drawn < members.length; drawn += 1) {
      for (const i of members[uniformInt(generator, 0, members.length - 1)] ?? []) {
        const row = confusion[labels[i] ?? 0];
        const column = predicted[i] ?? 0;
        if (row !== undefined) row[column] = (row[column] ?? 0) + 1;
      }
    }
    accuracies.push(accuracyOf(confusion));
    scores.push(macroF1Of(confusion));
  }
  return { accuracy: percentiles(accuracies), macroF1: percentiles(scores), groups: members.length };
}

function percentiles(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round((sorted[Math.round(share * (sorted.length - 1))] ?? 0) * 1e4) / 1e4;
  return { low: at(0.025), high: at(0.975) };
}
