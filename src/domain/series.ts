import type { Instant } from './article.ts';

/** What a trend is kept for: `market`, `topic:<label>` or `entity:<symbol>`. */
export type SeriesKey = 'market' | `topic:${string}` | `entity:${string}`;

export type SeriesKind = 'market' | 'topic' | 'entity';

export function parseSeriesKey(text: string): SeriesKey | undefined {
  if (text === 'market') return text;
  return /^(topic|entity):.+$/.test(text) ? (text as SeriesKey) : undefined;
}

export function seriesKind(key: SeriesKey): SeriesKind {
  if (key === 'market') return 'market';
  return key.startsWith('topic:') ? 'topic' : 'entity';
}

/** The name to show: `Market`, the topic's label, the company's symbol. */
export function seriesName(key: SeriesKey): string {
  return key === 'market' ? 'Market' : key.slice(key.indexOf(':') + 1);
}

/** Start of the bucket that an instant falls into; buckets are aligned to the epoch. */
export function bucketStart(at: Instant, bucketMs: number): Instant {
  return Math.floor(at / bucketMs) * bucketMs;
}
