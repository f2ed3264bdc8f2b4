/** An instant: milliseconds since the Unix epoch, UTC. Names of instants end in `At`. */
export type Instant = number;

/**
 * One news item as a feed gave it, cleaned: plain text, canonical URL, a date that can be trusted.
 * `id` identifies the item for ever (see `articleId`); two feeds that carry the same URL carry the same article.
 */
export interface Article {
  readonly id: string;
  /** Name of the feed or file, as configured. */
  readonly source: string;
  /** Canonical http(s) URL, or `''` when the feed gave none that is safe to open. */
  readonly url: string;
  readonly title: string;
  readonly summary: string;
  /** When the news was published; trends stand at this time. Never later than `appendedAt`. */
  readonly publishedAt: Instant;
  /** When the article entered the log; set once, at ingest. In a replay it is `publishedAt`. */
  readonly appendedAt: Instant;
  /** False when the feed's date was missing, unreadable or in the future, and `appendedAt` stands in for it. */
  readonly dated: boolean;
  /** BCP 47 tag as the feed gave it, or `''`. */
  readonly language: string;
  /** Ticker symbols that the source itself attached, upper case. */
  readonly tickers: readonly string[];
}

/** Probabilities, rounded to 4 decimals. */
export interface Sentiment {
  readonly negative: number;
  readonly neutral: number;
  readonly positive: number;
}

export type SentimentLabel = keyof Sentiment;

export interface TopicProbability {
  readonly label: string;
  readonly p: number;
}

/** A listed company found in a text. `sentiment` is what the text means for this company. */
export interface EntityMention {
  readonly symbol: string;
  readonly name: string;
  readonly sentiment: Sentiment;
}

/** What the fold compares texts by; computed once, in classify, so that the fold depends on the log alone. */
export interface Fingerprint {
  /** Hash of the normalised title. */
  readonly exact: string;
  /** 64-bit SimHash of the normalised title, 16 hex digits. */
  readonly simhash: string;
  /** Number of words the SimHash was made of; short titles are only compared exactly. */
  readonly words: number;
}

export interface ScoredArticle extends Article {
  readonly sentiment: Sentiment;
  /** Sorted by probability; those below 1 % are left out. */
  readonly topics: readonly TopicProbability[];
  readonly entities: readonly EntityMention[];
  readonly fingerprint: Fingerprint;
  /** Version of the bundle that gave the scores. */
  readonly bundle: string;
}

/** The likeliest label; on a tie the worse news, so that a tie never hides any. */
export function sentimentLabel(sentiment: Sentiment): SentimentLabel {
  if (sentiment.negative >= sentiment.neutral && sentiment.negative >= sentiment.positive) return 'negative';
  return sentiment.neutral >= sentiment.positive ? 'neutral' : 'positive';
}

/** Positive minus negative, in whole ten-thousandths, so that sums are exact in any order. */
export function toneUnits(sentiment: Sentiment): number {
  return Math.round((sentiment.positive - sentiment.negative) * 10_000);
}
