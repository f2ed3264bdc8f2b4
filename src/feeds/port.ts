import type { Article, Instant } from '../domain/article.ts';
import type { BarographError, ErrorCode } from '../domain/errors.ts';

/** A feed as configured; the shape of an entry of `Config.feeds`. */
export interface FeedSettings {
  /** Unique; the source of its articles. */
  readonly name: string;
  readonly url: string;
  readonly intervalMs: number;
  /** Over the whole poll: redirects and body included. */
  readonly timeoutMs: number;
  /** Of the body, after decompression. */
  readonly maxBytes: number;
  readonly maxRedirects: number;
  readonly allowPrivate: boolean;
  /** `''` when the feed says it itself. */
  readonly language: string;
  readonly userAgent: string;
}

/**
 * What is remembered of a feed between polls; plain JSON. The caller stores it **after** the poll's articles are in the log,
 * and only then: its validators and seen ids claim that what the feed had then was delivered.
 */
export interface FeedState {
  readonly etag: string;
  readonly lastModified: string;
  /** Ids of the items that the feed had of late, oldest first; bounded. */
  readonly seen: readonly string[];
  /** When to poll next. */
  readonly nextAt: Instant;
  /** Failures since the last success. */
  readonly failures: number;
  readonly lastPollAt: Instant | null;
  readonly lastSuccessAt: Instant | null;
  readonly lastError: { readonly code: ErrorCode; readonly message: string; readonly at: Instant } | null;
  readonly totals: { readonly polls: number; readonly failures: number; readonly articles: number; readonly unusable: number };
}

export const NEW_FEED: FeedState = {
  etag: '',
  lastModified: '',
  seen: [],
  nextAt: 0,
  failures: 0,
  lastPollAt: null,
  lastSuccessAt: null,
  lastError: null,
  totals: { polls: 0, failures: 0, articles: 0, unusable: 0 },
};

/** An item that no article can be made of; for the dead-letter log. Reported once, not at every poll. */
export interface UnusableItem {
  readonly code: ErrorCode;
  readonly reason: string;
  /** The item's fields as JSON, cut to 64 KiB. */
  readonly payload: string;
}

export type PollOutcome = 'delivered' | 'unchanged' | 'failed';

export interface PollResult {
  /** `unchanged`: the feed answered, with nothing new in it. */
  readonly outcome: PollOutcome;
  /** New ones only, oldest first. */
  readonly articles: readonly Article[];
  readonly unusable: readonly UnusableItem[];
  readonly state: FeedState;
  /** Why it failed; only with `failed`. */
  readonly error: BarographError | undefined;
}

/** What a feed's server gave. Rejects with one of the `E_FEED_*` errors, or with the signal's reason when aborted. */
export type FetchResult =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'body';
      readonly bytes: Uint8Array;
      readonly contentType: string;
      /** Where the redirects ended: what relative links are relative to. */
      readonly url: string;
      readonly etag: string;
      readonly lastModified: string;
    };

/** Fetches feeds; one for all of them, so that connections are shared. */
export interface FeedFetcher {
  fetch(
    settings: FeedSettings,
    validators: { readonly etag: string; readonly lastModified: string },
    signal: AbortSignal,
  ): Promise<FetchResult>;
  close(): Promise<void>;
}
