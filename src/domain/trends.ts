import type { EntityMention, Instant, ScoredArticle, Sentiment, TopicProbability } from './article.ts';
import type { SeriesKey } from './series.ts';

/** The group of articles that tell the same news; named after its first article. Stories never merge. */
export interface Story {
  readonly id: string;
  readonly title: string;
  readonly url: string;
  readonly source: string;
  /** Publication time of the first article. */
  readonly publishedAt: Instant;
  /** Arrival of the newest article, on the log's clock. */
  readonly updatedAt: Instant;
  /** How many articles tell it. */
  readonly articles: number;
  /** Sentiment and topic are those of the first article. */
  readonly sentiment: Sentiment;
  readonly topic: TopicProbability;
  readonly entities: readonly EntityMention[];
  readonly series: readonly SeriesKey[];
  readonly bundle: string;
}

/**
 * One series in one bucket. `stories` counts each story once, in the bucket of the first of its articles that named the
 * series; `negative`, `neutral` and `positive` count stories by label. `fragment` is `''`, or the id of an article that
 * arrived after its bucket had left the fold's memory: the rollup of a bucket is the sum over its fragments.
 */
export interface Rollup {
  readonly series: SeriesKey;
  readonly start: Instant;
  readonly widthMs: number;
  readonly fragment: string;
  readonly articles: number;
  readonly stories: number;
  readonly negative: number;
  readonly neutral: number;
  readonly positive: number;
  /** Sum of the stories' tone, in ten-thousandths. */
  readonly toneUnits: number;
}

/** A stretch of one series, summed over the rollups that start in it. `tone` is the stories' mean, −1 to 1. */
export interface SeriesPoint {
  readonly start: Instant;
  readonly articles: number;
  readonly stories: number;
  readonly negative: number;
  readonly neutral: number;
  readonly positive: number;
  readonly tone: number;
}

/** Of the sum of some stories' tone in ten-thousandths; 0 without any. */
export function meanTone(toneUnits: number, stories: number): number {
  return stories === 0 ? 0 : Math.round(toneUnits / stories) / 10_000;
}

export type AlertStatus = 'open' | 'resolved';
export type Severity = 'warning' | 'critical';

export interface EvidenceStory {
  readonly id: string;
  readonly title: string;
  readonly url: string;
  readonly source: string;
  readonly publishedAt: Instant;
  /** Probability of negative. */
  readonly negative: number;
  /** Articles that told it when the evidence was taken. */
  readonly articles: number;
}

export interface Evidence {
  readonly window: { readonly from: Instant; readonly to: Instant };
  /** Stories in the window. */
  readonly observed: { readonly stories: number; readonly negative: number };
  /** What this series' own history leads one to expect in such a window. `share` is negative / stories. */
  readonly expected: { readonly negative: number; readonly share: number };
  /** Chance of at least as many negative stories, and of at least such a share, without a surge. */
  readonly probability: { readonly count: number; readonly share: number };
  readonly topStories: readonly EvidenceStory[];
  /** Words that the window's negative titles share, most frequent first. */
  readonly words: readonly string[];
}

/** A surge with a life. `id` is made of the series and the opening, so a replay gives the same alert the same id. */
export interface Alert {
  readonly id: string;
  readonly series: SeriesKey;
  readonly status: AlertStatus;
  readonly severity: Severity;
  readonly openedAt: Instant;
  readonly updatedAt: Instant;
  readonly resolvedAt: Instant | null;
  /** At its strongest. */
  readonly evidence: Evidence;
}

/** An article as the store keeps it: scored, and with its story. */
export interface StoredArticle extends ScoredArticle {
  readonly storyId: string;
}
