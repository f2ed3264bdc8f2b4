import type { Article, Instant, ScoredArticle, SentimentLabel } from './article.ts';
import type { LedgerSettings } from './settings.ts';

/** Time, as a record: the log's clock reads `at` from here on. A tick that is not newer than the clock changes nothing. */
export interface Tick {
  readonly type: 'tick';
  readonly at: Instant;
}

/** A bundle became champion. */
export interface Promotion {
  readonly type: 'promotion';
  readonly bundle: string;
  readonly at: Instant;
}

/** From here on the fold decides by these settings. */
export interface SettingsChange {
  readonly type: 'settings';
  readonly settings: LedgerSettings;
}

/** What stands in `news.raw`. */
export type RawRecord = { readonly type: 'article'; readonly article: Article } | Tick;

/** What stands in `news.scored`. */
export type ScoredRecord = { readonly type: 'article'; readonly article: ScoredArticle } | Tick | Promotion | SettingsChange;

/** What a person says of a text, or of a company in it; stands in `news.labelled`. It says a sentiment, a topic or both. */
export interface LabelRecord {
  readonly text: string;
  /** Whom the sentiment is about, as the text calls it. */
  readonly entity?: string | undefined;
  readonly sentiment?: SentimentLabel | undefined;
  readonly topic?: string | undefined;
  readonly by: string;
  readonly at: Instant;
}

/** Something that could not be processed: kept with its reason, never dropped. */
export interface DeadLetter {
  /** Where it failed: `ingest`, `classify`, `ledger`, `notify`. */
  readonly stage: string;
  readonly code: string;
  readonly reason: string;
  /** Feed, file or topic that it came from, with the position in it. */
  readonly origin: string;
  /** What was to be processed, as it came, cut to 64 KiB. */
  readonly payload: string;
  /** Topic to append the payload to when it is requeued; `''` when that makes no sense. */
  readonly requeueTo: string;
  readonly at: Instant;
}
