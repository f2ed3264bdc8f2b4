import type { SeriesPoint } from '../../domain/trends.ts';
import type { SeriesAnswer } from '../contract.ts';

/** Columns as uPlot takes them: the middle of each bucket in seconds, and the counts stacked from the bottom. */
export interface SeriesBuckets {
  readonly middles: number[];
  readonly negative: number[];
  readonly negativeAndNeutral: number[];
  readonly all: number[];
  /** Null where there was no news: no tone is not a neutral tone. */
  readonly tone: (number | null)[];
  /** What the server said of each bucket, if it had news. */
  readonly points: readonly (SeriesPoint | undefined)[];
}

/** The server bounds a series to some 300 points; a fault there must not hang the page. */
const MAX_BUCKETS = 5_000;

/** Puts the stretches without news back in. */
export function fillBuckets({ from, to, widthMs, points }: SeriesAnswer): SeriesBuckets {
  const byStart = new Map(points.map((point) => [point.start, point]));
  const length = Math.min(MAX_BUCKETS, Math.max(0, Math.ceil((to - from) / widthMs)));
  const starts = Array.from({ length }, (_, index) => from + index * widthMs);
  const filled = starts.map((start) => byStart.get(start));
  return {
    middles: starts.map((start) => (start + widthMs / 2) / 1000),
    negative: filled.map((point) => point?.negative ?? 0),
    negativeAndNeutral: filled.map((point) => (point === undefined ? 0 : point.negative + point.neutral)),
    all: filled.map((point) => (point === undefined ? 0 : point.negative + point.neutral + point.positive)),
    // A bucket may hold only further articles of older stories: then its tone is the mean of nothing.
    tone: filled.map((point) => (point === undefined || point.stories === 0 ? null : point.tone)),
    points: filled,
  };
}
